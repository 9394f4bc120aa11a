import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unravelIndex } from '../../src/devices/gpu/source.js';

/** The float32 next to a positive number, not above it (side −1) or not below it (side 1). */
function floatBeside(value: number, side: -1 | 1): number {
  const float = Float32Array.of(value);
  if (side * float[0]! < side * value) new Int32Array(float.buffer)[0]! += side;
  return float[0]!;
}

/** The quotient of a shader that is as far off to one side as it may be: 2.5 units in the last place. */
function worstQuotient(a: number, b: number, side: -1 | 1): number {
  if (a === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(a / b)) - 23);
  return floatBeside(a / b + side * 2.5 * unit, side === 1 ? -1 : 1);
}

/** The coordinates that the statements of a kernel find, with products rounded to float32. */
function coordinates(index: number, lengths: readonly number[], side: -1 | 1): number[] {
  const { statements, at } = unravelIndex('index', lengths, 'i');
  const inFloats = statements
    .replaceAll(/Math\.floor\((\S+) \/ (\d+)\)/g, 'Math.floor(divide($1, $2))')
    .replaceAll(/(\S+) \* (\d+)/g, 'Math.fround($1 * $2)');
  const evaluate = new Function('index', 'divide', `${inFloats}\nreturn [${at}];`);
  return evaluate(index, (a: number, b: number) => worstQuotient(a, b, side)) as number[];
}

const shapes = fc.oneof(
  fc.integer({ min: 2, max: 5 }).map((inner) => [Math.floor(2 ** 24 / inner), inner]),
  fc.integer({ min: 2, max: 2 ** 23 }).map((inner) => [Math.floor(2 ** 24 / inner), inner]),
  fc
    .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200 }))
    .map(([middle, inner]) => [Math.floor(2 ** 24 / middle / inner), middle, inner]),
);

/** Where quotients are least exact: anywhere, at the end, and where their unit in the last place becomes 1/2. */
const places = fc.constantFrom('any', 'last', 'middle');

test('an index is taken apart exactly, however far off quotients may be', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), places, fc.constantFrom(-1, 1), (lengths, any, place, side) => {
      const size = lengths.reduce((product, length) => product * length, 1);
      const near = place === 'last' ? size - 1 - (any % 40) : 2 ** 22 * lengths.at(-1)! + (any % 8);
      const index = place === 'any' || near < 0 || near >= size ? any % size : near;
      const found = coordinates(index, lengths, side);
      let rest = index;
      for (const [i, length] of [...lengths.entries()].reverse()) {
        expect(found[i]).toBe(rest % length);
        rest = Math.floor(rest / length);
      }
    }),
    { numRuns: 3000 },
  );
});
