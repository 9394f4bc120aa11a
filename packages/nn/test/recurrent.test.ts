import {
  ArgumentError,
  concat,
  DTypeError,
  full,
  memory,
  normal,
  type PnnError,
  ShapeError,
  scope,
  setSeed,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from '../src/layers/index.js';
import { toPyTorchNames } from '../src/pytorch-names.js';

const float64 = { dtype: 'float64' } as const;
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());
const draw = (...shape: number[]) => normal(shape, 0, 1, float64);

function expectClose(found: Tensor, expected: Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  const wanted = numbers(expected);
  numbers(found).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 13);
  });
}

describe('a network', () => {
  test('does in every step what its cell does', () => {
    const x = draw(4, 3, 2);
    for (const [network, cell] of [
      [new RNN(2, 5, { nonlinearity: 'relu', ...float64 }), new RNNCell(2, 5, { nonlinearity: 'relu', ...float64 })],
      [new GRU(2, 5, float64), new GRUCell(2, 5, float64)],
    ] as const) {
      const state = [...network.stateDict()].map(([name, value]) => [name.replace('L0', ''), value] as const);
      cell.loadStateDict(new Map(state));
      let hidden: Tensor | undefined;
      const outputs = x.unbind(0).map((step) => {
        hidden = cell.forward(step, hidden);
        return hidden;
      });
      expectClose(network.forward(x), stack(outputs));
      expectClose(network.run(x).hidden, hidden!.unsqueeze(0));
    }
    const network = new LSTM(2, 5, float64);
    const cell = new LSTMCell(2, 5, float64);
    cell.loadStateDict(new Map([...network.stateDict()].map(([name, value]) => [name.replace('L0', ''), value])));
    let state = cell.step(x.slice([0]));
    for (const step of x.unbind(0).slice(1)) state = cell.step(step, state);
    const result = network.run(x);
    expectClose(result.hidden, state.hidden.unsqueeze(0));
    expectClose(result.cell, state.cell.unsqueeze(0));
    expectClose(cell.forward(x.slice([0, 0])), cell.step(x.slice([0])).hidden.slice([0]));
  });

  test('in reverse reads from the end, and layers read one another', () => {
    const network = new LSTM(2, 3, { bidirectional: true, numLayers: 2, ...float64 });
    const x = draw(4, 2, 2);
    const part = (layer: number, reverse: boolean, features: number) => {
      const single = new LSTM(features, 3, float64);
      const { weightIh, weightHh, biasIh, biasHh } = network.weightsOf(layer, reverse);
      const state = { weightIhL0: weightIh, weightHhL0: weightHh, biasIhL0: biasIh!, biasHhL0: biasHh! };
      single.loadStateDict(new Map(Object.entries(state)));
      return single;
    };
    const both = (input: Tensor, layer: number, features: number) => {
      const forth = part(layer, false, features).forward(input);
      const back = part(layer, true, features).forward(input.flip(0)).flip(0);
      return concat([forth, back], -1);
    };
    expectClose(network.forward(x), both(both(x, 0, 2), 1, 6));
  });

  test('reads no further than a sample is long, whatever follows', () => {
    for (const Network of [RNN, GRU, LSTM]) {
      const network = new Network(2, 3, { bidirectional: true, numLayers: 2, batchFirst: true, ...float64 });
      const short = draw(1, 2, 2);
      const padded = concat([short, full([1, 3, 2], Number.NaN, float64)], 1);
      const x = concat([draw(1, 5, 2), padded]);
      const alone = network.run(short);
      for (const lengths of [[5, 2], tensor(Int32Array.of(5, 2))]) {
        const { output, hidden } = network.run(x, { lengths });
        expectClose(
          output.slice([
            [1, 2],
            [0, 2],
          ]),
          alone.output,
        );
        expect(new Set(numbers(output.slice([1, [2, 5]])))).toEqual(new Set([0]));
        expectClose(hidden.slice([[], [1, 2]]), alone.hidden);
        network.zeroGrad();
        output.sum().backward();
        for (const parameter of network.parameters()) {
          expect(numbers(parameter.grad!).every(Number.isFinite)).toBe(true);
        }
      }
      expectClose(network.forward(x, tensor(Int32Array.of(5, 2))), network.run(x, { lengths: [5, 2] }).output);
    }
  });

  test('goes on from the state that it is given', () => {
    const network = new GRU(2, 3, { numLayers: 2, ...float64 });
    const x = draw(5, 2, 2);
    const begin = network.run(x.slice([[0, 3]]));
    const rest = network.run(x.slice([[3, 5]]), { hidden: begin.hidden });
    expectClose(concat([begin.output, rest.output]), network.forward(x));
    expectClose(rest.hidden, network.run(x).hidden);
  });

  test('takes samples first, second or alone', () => {
    const first = new LSTM(2, 3, { batchFirst: true, ...float64 });
    const second = new LSTM(2, 3, float64);
    second.loadStateDict(first.stateDict());
    const x = draw(2, 4, 2);
    expectClose(second.forward(x.transpose(0, 1)).transpose(0, 1), first.forward(x));
    const alone = first.run(x.slice([0]));
    expect(alone.output.shape).toEqual([4, 3]);
    expect(alone.cell.shape).toEqual([1, 3]);
    expectClose(alone.output, first.forward(x).slice([0]));
    expectClose(second.run(x.slice([0]), { hidden: zeros([1, 3], float64) }).output, alone.output);
  });

  test('drops outputs between layers while training', () => {
    setSeed(1);
    const network = new RNN(2, 16, { numLayers: 2, dropout: 0.5, ...float64 });
    const x = draw(3, 2, 2);
    expect(numbers(network.forward(x))).not.toEqual(numbers(network.forward(x)));
    network.eval();
    expect(numbers(network.forward(x))).toEqual(numbers(network.forward(x)));
  });

  test('leaves nothing behind', () => {
    const network = new LSTM(2, 3, { bidirectional: true });
    const before = memory();
    scope(() => {
      network.run(normal([4, 2, 2]), { lengths: [4, 1] });
    });
    expect(memory()).toEqual(before);
  });

  test('has the state of PyTorch, and begins within ±1/√H', () => {
    const network = new GRU(2, 4, { numLayers: 2, bidirectional: true });
    expect([...toPyTorchNames(network.stateDict())].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
      'weight_ih_l0 12,2',
      'weight_hh_l0 12,4',
      'bias_ih_l0 12',
      'bias_hh_l0 12',
      'weight_ih_l0_reverse 12,2',
      'weight_hh_l0_reverse 12,4',
      'bias_ih_l0_reverse 12',
      'bias_hh_l0_reverse 12',
      'weight_ih_l1 12,8',
      'weight_hh_l1 12,4',
      'bias_ih_l1 12',
      'bias_hh_l1 12',
      'weight_ih_l1_reverse 12,8',
      'weight_hh_l1_reverse 12,4',
      'bias_ih_l1_reverse 12',
      'bias_hh_l1_reverse 12',
    ]);
    const all = network.parameters().flatMap(numbers);
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect([...toPyTorchNames(new LSTMCell(2, 3).stateDict()).keys()]).toEqual([
      'weight_ih',
      'weight_hh',
      'bias_ih',
      'bias_hh',
    ]);
    expect(new RNN(2, 3, { bias: false }).parameters()).toHaveLength(2);
    expect([network, new LSTMCell(2, 3), new RNN(2, 3, { batchFirst: true, bias: false })].map(String)).toEqual([
      'GRU(2 → 4, 2 layers, both directions)  528',
      'LSTMCell(2 → 3)  84',
      'RNN(2 → 3, batch first)  15',
    ]);
    network.cast('float64');
    expect(network.forward(draw(3, 1, 2)).dtype).toBe('float64');
  });
});

test.each<[string, () => unknown, PnnError]>([
  [
    'a nonlinearity',
    () => new RNN(2, 3, { nonlinearity: 'gelu' as 'relu' }),
    new ArgumentError("RNN: nonlinearity must be 'tanh' or 'relu', not gelu"),
  ],
  ['a size', () => new LSTM(2, 0), new ArgumentError('LSTM: hiddenSize must be a positive integer, not 0')],
  [
    'a dropout',
    () => new GRU(2, 3, { dropout: 1 }),
    new ArgumentError('GRU: dropout must be at least 0 and below 1, not 1'),
  ],
  [
    'an input',
    () => new LSTM(2, 3).forward(zeros([4, 1, 3])),
    new ShapeError('LSTM: [4,1,3]: the input must be [T,N,2] with a step or more'),
  ],
  [
    'no steps',
    () => new LSTM(2, 3, { batchFirst: true }).forward(zeros([4, 0, 2])),
    new ShapeError('LSTM: [4,0,2]: the input must be [N,T,2] with a step or more'),
  ],
  [
    'a state',
    () => new LSTM(2, 3).run(zeros([4, 2, 2]), { hidden: zeros([2, 3]) }),
    new ShapeError('LSTM: state [2,3]: it must be [1,2,3]: layers and directions, samples, features'),
  ],
  [
    'a length',
    () => new GRU(2, 3).run(zeros([4, 2, 2]), { lengths: [5, 1] }),
    new ArgumentError('GRU: lengths must be integers from 1 to 4, not 5'),
  ],
  [
    'lengths of other samples',
    () => new GRU(2, 3).run(zeros([4, 2, 2]), { lengths: [4] }),
    new ShapeError('GRU: lengths [1]: there must be 2, one for each sample'),
  ],
  [
    'lengths that are floats',
    () => new GRU(2, 3).forward(zeros([4, 2, 2]), zeros([2])),
    new DTypeError('GRU: lengths are float32: cast() them to int32'),
  ],
  ['a layer', () => new GRU(2, 3).weightsOf(0, true), new ArgumentError('GRU: there is no layer 0 in reverse')],
  [
    'an input of a cell',
    () => new GRUCell(2, 3).forward(zeros([4, 3])),
    new ShapeError('GRUCell: [4,3]: the input must be [N,2] or [2]'),
  ],
  [
    'a state of a cell',
    () => new RNNCell(2, 3).forward(zeros([4, 2]), zeros([3])),
    new ShapeError('RNNCell: state [3]: it must be [4,3]'),
  ],
])('%s that does not fit is refused', (_, run, error) => {
  expect(run).toThrow(error);
});
