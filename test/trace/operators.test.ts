import { grad, requireGrad, trace } from '@pnn/autograd';
import { type Device, getDevice, operators, reference, scope, setDevice, wasm } from '@pnn/tensor';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Table, tensorOf } from '../../packages/tensor/test/oracle.js';
import { differentiableCases, operatorCases } from './cases.js';
import { expectSameBits, type TracedFunction } from './same-bits.js';

const backwards = ({ shape, data }: Table): Table => ({ shape, data: [...data].reverse() });

it('every operator has a case', () => {
  expect(Object.keys(operatorCases).sort()).toEqual(Object.keys(operators).sort());
});

describe.each<[string, 'float32' | 'float64', () => Device]>([
  ['wasm', 'float32', () => wasm()],
  ['reference', 'float64', () => reference],
])('on %s', (_device, dtype, device) => {
  const before = getDevice();
  beforeEach(() => setDevice(device()));
  afterEach(() => setDevice(before));
  const tensorsOf = (tables: readonly Table[]) => tables.map((table) => requireGrad(tensorOf(table, dtype)));

  describe.each(Object.entries(operatorCases))('%s', (name, cases) => {
    it('is a node, and the graph gives the same bits, for other inputs as well', () => {
      fc.assert(
        fc.property(cases, ({ inputs, f }) => {
          scope(() => {
            using graph = trace(f, tensorsOf(inputs));
            expect(graph.nodes.map(({ operator }) => operator)).toContain(name);
            expectSameBits(graph, f, tensorsOf(inputs));
            expectSameBits(graph, f, tensorsOf(inputs.map(backwards)));
          });
        }),
        { numRuns: 25 },
      );
    });
  });

  describe.each(Object.entries(differentiableCases))('the gradient of %s', (_name, cases) => {
    it.each([false, true])('gives the same bits, recorded or not (%s)', (createGraph) => {
      fc.assert(
        fc.property(cases, ({ inputs, f }) => {
          const gradients: TracedFunction = (...tensors) => {
            const y = f(...tensors);
            if (!y.requiresGrad) return y;
            return grad(y, tensors, { gradient: y.mul(0.6).add(0.7), createGraph });
          };
          scope(() => {
            using graph = trace(gradients, tensorsOf(inputs));
            expectSameBits(graph, gradients, tensorsOf(inputs));
            expectSameBits(graph, gradients, tensorsOf(inputs.map(backwards)));
          });
        }),
        { numRuns: 15 },
      );
    });
  });
});
