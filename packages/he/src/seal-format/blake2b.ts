const MASK = (1n << 64n) - 1n;

/** The first 64 bits of the fractional parts of the square roots of the first eight primes, as in SHA-512. */
const INITIAL = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

/** Which word of the message each half step takes in the ten rounds. */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/** Columns, then diagonals of the 4×4 state. */
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

const BLOCK_WORDS = 16;
const ROUNDS = 12;

function rotateRight(x: bigint, bits: bigint): bigint {
  return (x >> bits) | ((x << (64n - bits)) & MASK);
}

function compress(hash: bigint[], words: readonly bigint[], length: number, isLast: boolean): void {
  const state = [...hash, ...INITIAL];
  state[12] = state[12]! ^ BigInt(length);
  if (isLast) state[14] = state[14]! ^ MASK;
  for (let round = 0; round < ROUNDS; round++) {
    const sigma = SIGMA[round % SIGMA.length]!;
    for (const [step, [a, b, c, d]] of QUARTERS.entries()) {
      for (const [half, first, second] of [
        [0, 32n, 24n],
        [1, 16n, 63n],
      ] as const) {
        state[a] = (state[a]! + state[b]! + (words[sigma[2 * step + half]!] ?? 0n)) & MASK;
        state[d] = rotateRight(state[d]! ^ state[a]!, first);
        state[c] = (state[c]! + state[d]!) & MASK;
        state[b] = rotateRight(state[b]! ^ state[c]!, second);
      }
    }
  }
  for (let i = 0; i < hash.length; i++) hash[i] = hash[i]! ^ state[i]! ^ state[i + 8]!;
}

/** BLAKE2b (RFC 7693) of words of 64 bits, without a key: the first four words of the hash of 32 bytes. */
export function blake2b256(words: readonly bigint[]): readonly bigint[] {
  const bytes = 32n;
  const hash = [...INITIAL];
  hash[0] = hash[0]! ^ 0x01010000n ^ bytes;
  const blocks = Math.max(1, Math.ceil(words.length / BLOCK_WORDS));
  for (let block = 0; block < blocks; block++) {
    const end = Math.min(words.length, (block + 1) * BLOCK_WORDS);
    compress(hash, words.slice(block * BLOCK_WORDS, end), 8 * end, block === blocks - 1);
  }
  return hash.slice(0, 4);
}
