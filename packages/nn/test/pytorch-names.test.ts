import { ArgumentError, type HostArray, ones, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchNorm1d, Linear, Sequential } from '../src/layers/index.js';
import { Module } from '../src/module.js';
import { Parameter } from '../src/parameter.js';
import { pyTorchName, toPyTorchNames } from '../src/pytorch-names.js';
import { StateDictError } from '../src/state-dict.js';

describe('pyTorchName', () => {
  it.each([
    ['0.weight', '0.weight'],
    ['features.4.runningMean', 'features.4.running_mean'],
    ['bn1.runningVariance', 'bn1.running_var'],
    ['batchesTracked', 'num_batches_tracked'],
    ['encoder.layers.0.selfAttn.inProjWeight', 'encoder.layers.0.self_attn.in_proj_weight'],
    ['rnn.weightIhL0', 'rnn.weight_ih_l0'],
    ['rnn.biasHhL1Reverse', 'rnn.bias_hh_l1_reverse'],
    ['conv_layer.weight', 'conv_layer.weight'],
    ['gamma.coefficients', 'gamma.coefficients'],
    ['1.gamma', '1.gamma'],
  ])('of %s is %s', (ours, theirs) => expect(pyTorchName(ours, new Parameter(ones([1])))).toBe(theirs));

  it.each([
    ['1.gamma', '1.weight'],
    ['1.beta', '1.bias'],
    ['1.weight', '1.weight'],
  ])('of %s of a normalization is %s', (ours, theirs) => {
    expect(pyTorchName(ours, new Parameter(ones([1]), 'normalization'))).toBe(theirs);
  });

  it('of a name that PyTorch could have given is that name', () => {
    const weight = new Parameter(ones([1]));
    const part = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), fc.constantFrom('gamma', 'beta'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        expect(pyTorchName(parts.join('.'), weight)).toBe(parts.join('.'));
      }),
    );
  });
});

/** The scale of a branch, which PyTorch's users call gamma (Touvron et al., arXiv 2103.17239). */
class LayerScale extends Module {
  readonly gamma = new Parameter(ones([3]));
  override forward(x: Tensor): Tensor {
    return x.mul(this.gamma);
  }
}

describe('toPyTorchNames', () => {
  it('leaves a gamma alone that is not that of a normalization', () => {
    const network = new Sequential(new BatchNorm1d(3), new LayerScale());
    const renamed = toPyTorchNames(network.stateDict());
    expect([...renamed.keys()].filter((name) => name.startsWith('1'))).toEqual(['1.gamma']);
    const other = new Sequential(new BatchNorm1d(3), new LayerScale());
    renamed.get('1.gamma')!.assign(tensor([1, 2, 3]));
    other.loadStateDict(renamed, { names: 'pytorch' });
    expect([...other.stateDict().get('1.gamma')!.dataSync()]).toEqual([1, 2, 3]);
  });

  it('keeps values and their order', () => {
    const state = new Sequential(new Linear(2, 3), new BatchNorm1d(3)).stateDict();
    const renamed = toPyTorchNames(state);
    expect([...renamed.keys()]).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
    ]);
    expect([...renamed.values()]).toEqual([...state.values()]);
  });

  it('are hinted at where a state has them unexpectedly', () => {
    const network = new Sequential(new Linear(2, 3), new BatchNorm1d(3));
    const state = toPyTorchNames(network.stateDict());
    expect(() => network.loadStateDict(state)).toThrow("; pass { names: 'pytorch' } for the names of PyTorch");
    state.delete('1.weight');
    expect(() => network.loadStateDict(state, { names: 'pytorch' })).toThrow(/: missing: 1\.weight$/);
  });

  it('refuses names that it does not know', () => {
    const network = new Linear(2, 3);
    const options = { names: 'torch' as 'pytorch' };
    expect(() => network.loadStateDict(network.stateDict(), options)).toThrow(
      new ArgumentError("loadStateDict: names must be 'own' or 'pytorch', not torch"),
    );
  });

  it('refuses two of the same name', () => {
    class Both extends Module {
      readonly gamma = new Parameter(ones([1]), 'normalization');
      readonly weight = new Parameter(ones([1]));
      override forward(x: Tensor): Tensor {
        return x.mul(this.gamma);
      }
    }
    const both = new Both();
    expect(() => toPyTorchNames(both.stateDict())).toThrow(StateDictError);
    expect(() => both.loadStateDict(new Map<string, HostArray>(), { names: 'pytorch' })).toThrow(
      'toPyTorchNames: gamma and weight would both be called weight: rename one',
    );
  });
});
