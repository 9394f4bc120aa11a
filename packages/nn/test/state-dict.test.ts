import {
  DTypeError,
  decodeSafetensors,
  encodeSafetensors,
  type HostArray,
  memory,
  normal,
  ones,
  PnnError,
  reference,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test, vi } from 'vitest';
import { BatchNorm1d, Linear, Polynomial, Sequential } from '../src/layers/index.js';
import type { Module } from '../src/module.js';
import type { Parameter } from '../src/parameter.js';
import { StateDictError } from '../src/state-dict.js';

const network = () =>
  new Sequential(
    new Linear(3, 2),
    new BatchNorm1d(2),
    new Polynomial({ basis: 'even-odd', even: [0.5, 0.25], odd: [1] }, { bound: 3, learnable: true, channels: 2 }),
  );

/** A network whose whole state has left its beginnings. */
function trained(): Sequential {
  const net = network();
  scope(() => {
    for (const parameter of net.parameters()) parameter.assign(normal(parameter.shape));
    net.forward(normal([4, 3]));
    net.forward(normal([4, 3]));
  });
  return net;
}

function hostArrays(module: Module): Map<string, HostArray> {
  return new Map(
    [...module.stateDict()].map(([name, value]) => {
      const { dtype, shape } = value;
      return [name, { dtype, shape, data: value.dataSync() }];
    }),
  );
}

function thrownBy(body: () => void): PnnError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(PnnError);
    return error as PnnError;
  }
  return expect.fail('nothing was thrown');
}

test('plain data is copied straight to its place, so that no other room is needed', () => {
  const net = network();
  const state = hostArrays(trained());
  const allocate = vi.spyOn(reference.memory, 'allocate');
  net.loadStateDict(state);
  expect(allocate).not.toHaveBeenCalled();
  allocate.mockRestore();
  for (const [name, { data }] of hostArrays(net)) expect(data).toEqual(state.get(name)!.data);
});

describe('stateDict', () => {
  test('has parameters and buffers by name', () => {
    const state = network().stateDict();
    expect([...state].map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`)).toEqual([
      '0.weight float32 [2,3]',
      '0.bias float32 [2]',
      '1.gamma float32 [2]',
      '1.beta float32 [2]',
      '1.runningMean float32 [2]',
      '1.runningVariance float32 [2]',
      '1.batchesTracked int32 []',
      '2.coefficients float32 [2,3]',
      '2.domain float64 [2]',
    ]);
  });

  test('shows later changes: the tensors are no copies', () => {
    const layer = new Linear(1, 1);
    const state = layer.stateDict();
    layer.weight.assign(tensor([[42]]));
    expect(state.get('weight')!.itemSync()).toBe(42);
  });
});

describe('loadStateDict', () => {
  test('copies tensors: the networks agree, and stay independent', () => {
    const source = trained();
    const target = network();
    target.loadStateDict(source.stateDict());
    expect(hostArrays(target)).toEqual(hostArrays(source));
    source.parameters()[0]!.assign(zeros([2, 3]));
    expect(hostArrays(target)).not.toEqual(hostArrays(source));
  });

  test('keeps the tensors of the network, so that optimizers go on with them', () => {
    const target = network();
    const before = target.parameters();
    target.loadStateDict(trained().stateDict());
    const after = target.parameters();
    expect(after.every((parameter, i) => parameter === before[i])).toBe(true);
    expect(after.every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  test('takes plain arrays as well', () => {
    const source = trained();
    const target = network();
    target.loadStateDict(hostArrays(source));
    expect(hostArrays(target)).toEqual(hostArrays(source));
    const x = normal([2, 3]);
    expect(target.eval().forward(x).dataSync()).toEqual(source.eval().forward(x).dataSync());
  });

  test('lists every problem in one error, and changes nothing', () => {
    const target = network();
    const before = hostArrays(target);
    const state = new Map<string, Tensor | HostArray>(hostArrays(trained()));
    state.delete('0.bias');
    state.delete('1.beta');
    state.set('3.weight', zeros([1]));
    state.set('1.gamma', zeros([3]));
    state.set('2.coefficients', zeros([2, 3], { dtype: 'float64' }));
    const error = thrownBy(() => target.loadStateDict(state));
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.name).toBe('StateDictError');
    expect(error.message).toBe(
      'loadStateDict: missing: 0.bias, 1.beta; unexpected: 3.weight; 1.gamma is float32 [3] instead of float32 [2]; ' +
        '2.coefficients is float64 [2,3] instead of float32 [2,3]; pass { cast: true } to convert float types',
    );
    expect(hostArrays(target)).toEqual(before);
  });

  test('finds a single name that is missing, or too much', () => {
    const target = network();
    const missing = hostArrays(trained());
    missing.delete('0.bias');
    expect(() => target.loadStateDict(missing)).toThrow(new StateDictError('loadStateDict: missing: 0.bias'));
    const unexpected = hostArrays(trained());
    unexpected.set('bias', unexpected.get('0.bias')!);
    expect(() => target.loadStateDict(unexpected)).toThrow(new StateDictError('loadStateDict: unexpected: bias'));
  });

  test('lets names be missing or too many where it is not strict, but no shape differ', () => {
    const target = network();
    const weight = ones([2, 3]);
    target.loadStateDict(
      new Map([
        ['0.weight', weight],
        ['head.weight', ones([5])],
      ]),
      { strict: false },
    );
    expect(target.stateDict().get('0.weight')!.dataSync()).toEqual(weight.dataSync());
    expect(() => target.loadStateDict(new Map([['0.weight', ones([3, 2])]]), { strict: false })).toThrow(
      new StateDictError('loadStateDict: 0.weight is float32 [3,2] instead of float32 [2,3]'),
    );
  });

  test.each<[string, Partial<HostArray>, new (message: string) => PnnError]>([
    ['of another array type', { data: new Float64Array(2) }, DTypeError],
    ['with too few elements', { data: new Float32Array(1) }, ShapeError],
  ])('finds a plain array %s before it changes anything', (_, wrong, expected) => {
    const target = network();
    const before = hostArrays(target);
    const state = hostArrays(trained());
    state.set('1.runningMean', { ...state.get('1.runningMean')!, ...wrong });
    const error = thrownBy(() => target.loadStateDict(state));
    expect(error).toBeInstanceOf(expected);
    expect(error.message).toMatch(/^loadStateDict: 1\.runningMean: /);
    expect(hostArrays(target)).toEqual(before);
  });

  test('finds a tensor that was freed before it changes anything', () => {
    const target = network();
    const before = hostArrays(target);
    const source = trained();
    const state = source.stateDict();
    (source.at(2) as Polynomial).coefficients.dispose();
    expect(() => target.loadStateDict(state)).toThrow(new StateDictError('loadStateDict: 2.coefficients was freed'));
    expect(hostArrays(target)).toEqual(before);
  });

  test('leaves no tensors behind', () => {
    const target = network();
    const state = hostArrays(trained());
    const before = memory();
    target.loadStateDict(state);
    expect(memory()).toEqual(before);
  });
});

test('a state dict goes through a safetensors file bit for bit', () => {
  const source = trained();
  const bytes = encodeSafetensors(hostArrays(source), { metadata: { model: 'test' } });
  const { tensors, metadata } = decodeSafetensors(bytes, 'memory');
  const target = network();
  target.loadStateDict(tensors);
  expect(metadata).toEqual({ model: 'test' });
  expect(hostArrays(target)).toEqual(hostArrays(source));
  expect(encodeSafetensors(hostArrays(target), { metadata })).toEqual(bytes);
});

describe('a state of another float type', () => {
  const doubles = () =>
    new Map(
      [...hostArrays(trained())].map(([name, { dtype, shape, data }]): [string, HostArray] =>
        dtype === 'float32'
          ? [name, { dtype: 'float64', shape, data: Float64Array.from(data, (value) => value + 1e-12) }]
          : [name, { dtype, shape, data }],
      ),
    );

  test('does not fit, and the error names the way out', () => {
    const net = network();
    const before = hostArrays(net);
    const error = thrownBy(() => net.loadStateDict(doubles()));
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.message).toMatch(
      /0\.weight is float64 \[2,3\] instead of float32 \[2,3\]; .*; pass \{ cast: true \} to convert/,
    );
    expect(hostArrays(net)).toEqual(before);
  });

  test('is converted where that is asked for: plain data and tensors, in both directions', () => {
    const state = doubles();
    const net = network();
    net.loadStateDict(state, { cast: true });
    for (const [name, { data, dtype }] of hostArrays(net)) {
      const expected = state.get(name)!.data;
      expect([...data]).toEqual(dtype === 'float32' ? [...Float32Array.from(expected)] : [...expected]);
    }
    const wide = network().cast('float64');
    wide.loadStateDict(net.stateDict(), { cast: true });
    for (const [name, { data }] of hostArrays(wide)) expect([...data]).toEqual([...hostArrays(net).get(name)!.data]);
  });

  test('is still refused where more than that differs', () => {
    const state = doubles();
    state.set('1.batchesTracked', { dtype: 'float32', shape: [], data: Float32Array.of(3) });
    state.set('0.bias', { dtype: 'float64', shape: [3], data: new Float64Array(3) });
    const error = thrownBy(() => network().loadStateDict(state, { cast: true }));
    expect(error.message).toBe(
      'loadStateDict: 0.bias is float64 [3] instead of float32 [2]; 1.batchesTracked is float32 [] instead of int32 []',
    );
  });
});

describe('tied weights', () => {
  class Tied extends Sequential {
    constructor() {
      const first = new Linear(2, 2, { bias: false });
      const second: { weight: Parameter } & Linear = new Linear(2, 2, { bias: false });
      second.weight.dispose();
      second.weight = first.weight;
      super(first, second);
    }
  }
  const host = (...data: number[]): HostArray => ({
    dtype: 'float32',
    shape: [2, 2],
    data: Float32Array.from(data),
  });

  test('are loaded under any of their names, and under all', () => {
    for (const names of [['0.weight'], ['1.weight'], ['0.weight', '1.weight']]) {
      for (const options of [{}, { names: 'pytorch' }] as const) {
        const net = new Tied();
        net.loadStateDict(new Map(names.map((name) => [name, host(1, 2, 3, Number.NaN)])), options);
        expect([...net.stateDict().keys()]).toEqual(['0.weight']);
        expect([...net.parameters()[0]!.dataSync()]).toEqual([1, 2, 3, Number.NaN]);
      }
    }
  });

  test('are refused where their names stand for different elements, or there are others', () => {
    const net = new Tied();
    const different = new Map([
      ['0.weight', host(1, 2, 3, 4)],
      ['1.weight', host(1, 2, 3, 5)],
    ]);
    expect(thrownBy(() => net.loadStateDict(different)).message).toContain('unexpected: 1.weight');
    const unknown = new Map([['2.weight', host(1, 2, 3, 4)]]);
    expect(thrownBy(() => net.loadStateDict(unknown)).message).toMatch(/missing: 0.weight; unexpected: 2.weight/);
  });

  test('are found in modules that are used twice', () => {
    const block = new Linear(2, 2, { bias: false });
    const net = new Sequential(block, new Sequential(block));
    net.loadStateDict(new Map([['1.0.weight', host(4, 3, 2, 1)]]));
    expect([...block.weight.dataSync()]).toEqual([4, 3, 2, 1]);
  });
});
