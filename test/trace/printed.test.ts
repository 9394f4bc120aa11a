import {
  apply,
  BatchNorm2d,
  Conv2d,
  customOperator,
  Dropout,
  Flatten,
  interpolate,
  ones,
  operators,
  Sequential,
  scope,
  setSeed,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '@pnn/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { row } from './graph-parts.js';

beforeEach(() => setSeed(1));

describe('toString', () => {
  it('has a line for each node that a person reads', () => {
    scope(() => {
      const model = new Sequential(
        new Conv2d(1, 2, 3, { padding: 1, bias: false }),
        new BatchNorm2d(2),
        new Flatten(),
        new Dropout(0.25),
      );
      const f = (x: Tensor) => [model.forward(x).mul(-0.5), x.add(zeros([4])).add(tensor([1, 2, 3, 4]))];
      using graph = trace(f, [ones([1, 1, 4, 4])], { module: model });
      expect(`${graph}`).toBe(
        `graph(%0: float32 [1,1,4,4])
  0.weight  float32 [2,1,3,3]  parameter
  1.gamma  float32 [2]  parameter
  1.beta  float32 [2]  parameter
  1.batchesTracked  int32 []  buffer
  1.runningMean  float32 [2]  buffer
  1.runningVariance  float32 [2]  buffer
  %1  float32 [4]  filled with 0
  %2  float32 [4]  literal
%3 = conv2d(%0, 0.weight) {kernel: [3,3], stride: [1,1], padding: [1,1], dilation: [1,1], groups: 1}  float32 [1,2,4,4]   0 Conv2d
%4, %5, %6 = batchNorm(%3, 1.gamma, 1.beta) {epsilon: 0.00001}  float32 [1,2,4,4], float32 [2], float32 [2]   1 BatchNorm2d
%7 = add(1.batchesTracked, 1)  int32 []   1 BatchNorm2d
assign(1.batchesTracked, %7)  in place   1 BatchNorm2d
assignLerp(1.runningMean, %5) {weight: 0.1, factor: 1}  in place   1 BatchNorm2d
assignLerp(1.runningVariance, %6) {weight: 0.1, factor: ${16 / 15}}  in place   1 BatchNorm2d
%8 = reshape(%4) {shape: [1,32]}  float32 [1,32]   2 Flatten
%9 = bernoulli(%8) {probability: 0.75, scale: ${1 / 0.75}, generator: 'dropout'}  float32 [1,32]   3 Dropout
%10 = mul(%8, %9)  float32 [1,32]   3 Dropout
%11 = mul(%10, -0.5)  float32 [1,32]
%12 = add(%0, %1)  float32 [1,1,4,4]
%13 = add(%12, %2)  float32 [1,1,4,4]
return %11, %13`,
      );
      const names = graph.names();
      expect(graph.outputs.map((value) => names.get(value))).toEqual(['%11', '%13']);
      model.dispose();
    });
  });

  it('shows missing operands, what is copied, custom operators and their attributes', () => {
    scope(() => {
      const scaled = customOperator<{ readonly by: { readonly x: number }; readonly f: () => void }>({
        name: 'scaled',
        forward: ([x], { by }) => tensor([x!.itemSync() * by.x]),
        vjps: [undefined],
      });
      using graph = trace(
        (x) => {
          const sum = zeros([1]);
          sum.assign(x);
          const [y] = apply(operators.batchNorm, [sum.broadcastTo([2, 1]), undefined, x], { epsilon: 1 });
          return scaled([y!.sum().reshape([1])], { by: { x: -0 }, f: () => {} });
        },
        [row(1)],
      );
      const printed = `${graph}`;
      expect(printed).toContain('  %1  float32 [1]  filled with 0, copied by every run\n');
      expect(printed).toMatch(/batchNorm\(%\d, none, %0\) \{epsilon: 1\}/);
      expect(printed).toMatch(/scaled\(%\d\) \{by: \{x: -0\}, f: .*\} {2}float32 \[1\]\n/);
    });
  });

  it('shortens attributes of many numbers', () => {
    scope(() => {
      using graph = trace((x) => interpolate(x, { scaleFactor: 2 }), [ones([1, 1, 6])]);
      expect(`${graph}`).toContain(
        '= sparseMatmul(%1) {axis: 2, matrix: {rows: 12, columns: 6, starts: [0,1,2,3,4,5,… 13 in all], ' +
          'positions: [0,0,1,1,2,2,3,3,4,4,5,5], weights: [1,1,1,1,1,1,1,1,1,1,1,1]}}  float32 [1,1,12]\n',
      );
    });
  });
});
