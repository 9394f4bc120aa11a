import fc from 'fast-check';

/** A change of the bytes of a file. */
export type Mutation = (bytes: Uint8Array) => Uint8Array;

function splice(bytes: Uint8Array, start: number, deleted: number, inserted: ArrayLike<number>): Uint8Array {
  const end = Math.min(start + deleted, bytes.length);
  const result = new Uint8Array(start + inserted.length + bytes.length - end);
  result.set(bytes.subarray(0, start));
  result.set(inserted, start);
  result.set(bytes.subarray(end), start + inserted.length);
  return result;
}

/** Positions as fractions of the file; half of them at its beginning, where headers are. */
const positions = fc.tuple(fc.boolean(), fc.nat({ max: 999 })).map(([early, fraction]) => (length: number) => {
  return early ? Math.min(fraction % 100, length) : Math.floor((fraction / 1000) * length);
});

const interestingBytes = fc.oneof(
  fc.nat({ max: 255 }),
  fc.constantFrom(...Array.from('0123456789-+.eE,:(){}[]"\'\\ \n\tLTF<>|', (character) => character.charCodeAt(0))),
);

/** Flips, replacements, insertions, deletions, truncations and extensions. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(positions, fc.nat({ max: 7 })).map(([position, bit]) => (bytes: Uint8Array) => {
    const start = position(bytes.length);
    return start < bytes.length ? splice(bytes, start, 1, [bytes[start]! ^ (1 << bit)]) : bytes;
  }),
  fc.tuple(positions, interestingBytes).map(([position, value]) => (bytes: Uint8Array) => {
    return splice(bytes, position(bytes.length), 1, [value]);
  }),
  fc
    .tuple(positions, fc.array(interestingBytes, { maxLength: 20 }))
    .map(([position, values]) => (bytes: Uint8Array) => {
      return splice(bytes, position(bytes.length), 0, values);
    }),
  fc.tuple(positions, fc.nat({ max: 20 })).map(([position, count]) => (bytes: Uint8Array) => {
    return splice(bytes, position(bytes.length), count, []);
  }),
  positions.map((position) => (bytes: Uint8Array) => bytes.slice(0, position(bytes.length))),
  fc.uint8Array({ maxLength: 20 }).map((tail) => (bytes: Uint8Array) => splice(bytes, bytes.length, 0, tail)),
);
