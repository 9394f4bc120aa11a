import { type HostArray, ones, type Tensor } from '@pnn/tensor';
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
    ['1.gamma', '1.weight'],
    ['1.beta', '1.bias'],
    ['features.4.runningMean', 'features.4.running_mean'],
    ['bn1.runningVariance', 'bn1.running_var'],
    ['batchesTracked', 'num_batches_tracked'],
    ['encoder.layers.0.selfAttn.inProjWeight', 'encoder.layers.0.self_attn.in_proj_weight'],
    ['rnn.weightIhL0', 'rnn.weight_ih_l0'],
    ['rnn.biasHhL1Reverse', 'rnn.bias_hh_l1_reverse'],
    ['conv_layer.weight', 'conv_layer.weight'],
    ['gamma.coefficients', 'gamma.coefficients'],
  ])('of %s is %s', (ours, theirs) => expect(pyTorchName(ours)).toBe(theirs));

  it('of a name that PyTorch could have given is that name', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).filter((text) => text !== 'gamma' && text !== 'beta');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        expect(pyTorchName(parts.join('.'))).toBe(parts.join('.'));
      }),
    );
  });
});

describe('toPyTorchNames', () => {
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

  it('refuses two of the same name', () => {
    class Both extends Module {
      readonly gamma = new Parameter(ones([1]));
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
