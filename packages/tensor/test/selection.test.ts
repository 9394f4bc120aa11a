import { DTypeError, maskedSelect, memory, nonzero, ShapeError, scope, tensor, unique, wasm, zeros } from '@pnn/tensor';
import { gpu } from '@pnn/tensor/gpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyNumbers,
  at,
  atBroadcast,
  broadcastableShapes,
  indicesOf,
  tableFrom,
  tables,
  tablesOf,
  tensorOf,
} from './oracle.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const few = fc.oneof(fc.constantFrom(0, -0, 1, -2, nan, inf), anyNumbers);

it('what depends on the elements is the same on every device, and leaves nothing behind', async () => {
  const before = memory();
  for (const device of [wasm(), await gpu({ mode: 'cpu' })]) {
    using x = tensor([0, 3, 1, 0, 3, -2], { device, shape: [2, 3] });
    using mask = scope(() => x.greater(0));
    using places = await nonzero(x);
    using selected = await maskedSelect(x, mask);
    const { values, inverse, counts } = await unique(x);
    const read = [places, selected, values, inverse, counts].map(async (each) => [...(await each.data())]);
    expect(await Promise.all(read)).toEqual([
      [0, 1, 0, 2, 1, 1, 1, 2],
      [3, 1, 3],
      [-2, 0, 1, 3],
      [1, 3, 2, 1, 3, 0],
      [1, 2, 1, 2],
    ]);
    for (const each of [places, selected, values, inverse, counts]) expect(each.device).toBe(device);
    for (const each of [values, inverse, counts]) each.dispose();
  }
  expect(memory()).toEqual(before);
});

describe('nonzero', () => {
  it('has the coordinates of what is not 0', async () => {
    await fc.assert(
      fc.asyncProperty(tables({ maxRank: 3 }, few), async (table) => {
        using x = tensorOf(table);
        using found = await nonzero(x);
        const expected = indicesOf(table.shape).filter((index) => at(table, index) !== 0);
        expect([found.shape, found.dtype]).toEqual([[expected.length, table.shape.length], 'int32']);
        expect([...found.dataSync()]).toEqual(expected.flat());
      }),
      { numRuns: 60 },
    );
  });
});

describe('maskedSelect', () => {
  it('has the elements where the mask holds, however both broadcast', async () => {
    const cases = broadcastableShapes(2, 3).chain(({ whole, parts }) =>
      fc.record({
        whole: fc.constant(whole),
        x: tablesOf(parts[0]!),
        mask: tablesOf(parts[1]!, fc.nat(1)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ whole, x, mask }) => {
        using values = tensorOf(x);
        using flags = tensorOf(mask, 'bool');
        using found = await maskedSelect(values, flags);
        const expected = indicesOf(whole).filter((index) => atBroadcast(mask, index) === 1);
        expect(tableFrom(found)).toEqual({
          shape: [expected.length],
          data: expected.map((index) => atBroadcast(x, index)),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what is no mask, and shapes that do not broadcast', async () => {
    await expect(maskedSelect(zeros([2]), zeros([2]))).rejects.toThrow(DTypeError);
    await expect(maskedSelect(zeros([2]), tensor([true, false, true]))).rejects.toThrow(ShapeError);
  });
});

describe('unique', () => {
  it('has every element once, where each is, and how often', async () => {
    await fc.assert(
      fc.asyncProperty(tables({ maxRank: 2 }, few), async (table) => {
        using x = tensorOf(table);
        const { values, inverse, counts } = await unique(x);
        const found = [...values.dataSync()];
        const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));
        for (const [i, value] of found.entries()) {
          if (i > 0) expect(value > found[i - 1]! || Number.isNaN(value)).toBe(true);
          expect(counts.dataSync()[i]).toBe(table.data.filter((each) => same(each, value)).length);
        }
        expect(inverse.shape).toEqual(table.shape);
        for (const [i, place] of inverse.dataSync().entries()) expect(same(found[place]!, table.data[i]!)).toBe(true);
        for (const each of [values, inverse, counts]) each.dispose();
      }),
      { numRuns: 60 },
    );
  });
});
