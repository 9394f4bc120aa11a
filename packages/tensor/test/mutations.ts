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

const flips = fc.tuple(positions, fc.nat({ max: 7 })).map(([position, bit]) => (bytes: Uint8Array) => {
  const start = position(bytes.length);
  return start < bytes.length ? splice(bytes, start, 1, [bytes[start]! ^ (1 << bit)]) : bytes;
});

/** Flips, replacements, insertions, deletions, truncations and extensions. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  flips,
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

const interestingWords = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 63n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  // Of numbers in double precision: NaN, infinity, the least, −1.
  fc.constantFrom(0x7ff8n << 48n, 0x7ffn << 52n, 1n, 0xbffn << 52n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

/** Changes that keep the length: of a bit, a byte, an aligned word; stretches that stand elsewhere, too. */
export const substitutions: fc.Arbitrary<Mutation> = fc.oneof(
  flips,
  fc.tuple(positions, interestingWords).map(([position, word]) => (bytes: Uint8Array) => {
    const start = position(bytes.length) & ~7;
    if (start + 8 > bytes.length) return bytes;
    return splice(bytes, start, 8, new Uint8Array(BigUint64Array.of(word).buffer));
  }),
  fc.tuple(positions, positions, fc.integer({ min: 1, max: 64 })).map(([to, from, words]) => (bytes: Uint8Array) => {
    const [target, source] = [to(bytes.length) & ~7, from(bytes.length) & ~7];
    const length = Math.min(8 * words, bytes.length - Math.max(target, source));
    return splice(bytes, target, length, bytes.subarray(source, source + length));
  }),
);
