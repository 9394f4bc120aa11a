import { withPrimes } from '../ckks/parameters.js';
import { galoisPermutation } from '../evaluator/galois.js';
import type { KernelName } from '../evaluator/kernels.js';
import { FACTOR_BYTES, ModulusTable } from '../evaluator/modulus-table.js';
import { ResidueMemory, SKEW_BYTES } from '../evaluator/residue-memory.js';
import { Team } from '../evaluator/team.js';

/**
 * Primes with few and with many reductions, and one of whole numbers; the last one is special. So many digits are summed in more
 * than one pass, and the levels that are used have an even and an odd number of them.
 */
const PRIMES = withPrimes({ degree: 16384, bits: [40, 50, 52, 49, 44, 48] }).primes;
/** Transforms of an even and of an odd number of stages. */
const DEGREES = [1024, 2048] as const;
const RESIDUE_BYTES = 8;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
const SEED_BYTES = 64;
/** An automorphism. */
const ELEMENT = 3;
/** More summands than are added up before they are reduced, for primes of 50 bits, and more sums than are computed together. */
const COLUMNS = 20;
const ROWS = 5;
/** Residues of a block of `weightedSums`. */
const PART_RESIDUES = 64;

/** Computes all blocks of a kernel. */
type Run = (blocks: number, ...task: readonly number[]) => void;
/** A trial of each kernel, in an order in which each has what it reads. The table of moduli is made by the one that is left out. */
type Trials = Readonly<Record<Exclude<KernelName, 'prepareModulus'>, (run: Run) => void>>;

/**
 * All that the kernels of a module leave in memory that compute from the same numbers every time, as bytes: tables, results and what
 * was in between. Every kernel computes something. It takes less than a tenth of a second.
 */
export function sampleBits(module: WebAssembly.Module): Uint8Array {
  return Buffer.concat(DEGREES.flatMap((degree) => [5, 4].map((limbs) => sampleOf(module, degree, limbs))));
}

function sampleOf(module: WebAssembly.Module, degree: number, limbs: number): Uint8Array {
  const memory = new ResidueMemory();
  const limbBytes = degree * RESIDUE_BYTES;
  const polynomialBytes = limbs * limbBytes;
  const extendedStride = limbBytes + SKEW_BYTES;
  const digitStride = 2 * PRIMES.length * limbBytes + SKEW_BYTES;
  const special = PRIMES.length - 1;
  const team = new Team(memory, 1, module, PRIMES.length * extendedStride);
  const table = new ModulusTable(memory, team, { degree, primes: PRIMES });
  let state = 1;
  /** A number from 0 to 1. */
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const drawWords = (address: number, polynomials: number, primes: number) => {
    for (let limb = 0; limb < polynomials * primes; limb++) {
      const { word } = memory.residues(address + limb * limbBytes, degree);
      const prime = Number(PRIMES[limb % primes]!);
      for (let i = 0; i < degree; i++) word[i] = BigInt(Math.floor(draw() * prime));
    }
  };
  const polynomials = (count: number) => memory.allocate(count * polynomialBytes);
  const words = polynomials(2);
  drawWords(words, 2, limbs);
  const keyWords = memory.allocate(PRIMES.length * limbBytes);
  drawWords(keyWords, 1, PRIMES.length);
  const integers = memory.allocate(limbBytes);
  memory
    .residues(integers, degree)
    .double.set(Array.from({ length: degree }, () => Math.round((draw() - 0.5) * 2 ** 60)));
  const seed = memory.allocate(SEED_BYTES);
  memory.bytes(seed, SEED_BYTES).set(Array.from({ length: SEED_BYTES }, () => 256 * draw()));
  const permutation = memory.allocate(degree * WORD_BYTES);
  memory.words(permutation, degree).set(galoisPermutation(ELEMENT, degree));
  const scalar = memory.allocate(limbs * FACTOR_BYTES);
  table.writePowersOfTwo(scalar, limbs, (limb) => 50 + limb);
  const highFactors = memory.allocate(limbs * FACTOR_BYTES);
  table.writePowersOfTwo(highFactors, limbs, (limb) => table.splitOf(limb));
  const lowFactors = memory.allocate(limbs * FACTOR_BYTES);
  table.writePowersOfTwo(lowFactors, limbs, () => 0);
  const weights = Float64Array.from({ length: 4 * Math.ceil(ROWS / 4) * COLUMNS }, () =>
    Math.round((draw() - 0.5) * 2 ** 23),
  );
  const doubleWeights = memory.allocate(weights.length * RESIDUE_BYTES);
  memory.residues(doubleWeights, weights.length).double.set(weights);
  const wordWeights = memory.allocate(weights.length * WORD_BYTES);
  memory.words(wordWeights, weights.length).set(weights);

  const ciphertext = polynomials(2);
  const second = ciphertext + polynomialBytes;
  const plain = polynomials(1);
  const uniform = polynomials(1);
  const counts = memory.allocate(limbs * WORD_BYTES);
  const key = memory.allocate(limbs * digitStride);
  const turned = polynomials(1);
  const digits = polynomials(1);
  const extended = memory.allocate((limbs + 1) * limbs * extendedStride);
  const sums = memory.allocate(4 * (limbs + 1) * limbBytes);
  const otherSums = sums + 2 * (limbs + 1) * limbBytes;
  const centered = memory.allocate(2 * limbBytes);
  const divided = polynomials(2);
  const rotated = polynomials(2);
  const product = polynomials(3);
  const results = Array.from({ length: 5 }, () => polynomials(2));
  const [timesPlain, timesScalar, sum, difference, opposite] = results as [number, number, number, number, number];
  const sumOfProducts = polynomials(2);
  const weighted = Array.from({ length: ROWS }, () => polynomials(2));
  const list = memory.allocate((3 * COLUMNS + 2 * ROWS) * WORD_BYTES);
  const writeList = (addresses: readonly number[]) => memory.words(list, addresses.length).set(addresses);
  const columns = <T>(each: (column: number) => T) => Array.from({ length: COLUMNS }, (_, column) => each(column));
  const factor = (column: number) => [ciphertext, divided, rotated][column % 3]!;
  const encoded = polynomials(2);

  const divide = (run: Run, summands: number, permuted: number, to: number) =>
    run(
      2 * limbs,
      limbs,
      sums,
      (limbs + 1) * limbBytes,
      centered,
      special,
      table.inversesOf(special),
      ciphertext,
      polynomialBytes,
      summands,
      permuted,
      to,
      polynomialBytes,
    );
  const trials: Trials = {
    decode: (run) => run(2 * limbs, limbs, words, ciphertext, polynomialBytes),
    transformIntegers: (run) => run(limbs, integers, plain),
    expandSeed: (run) => run(limbs, limbs, seed, uniform, polynomialBytes, counts),
    redraw: (run) => {
      // What is drawn anew is rare.
      memory.residues(uniform, 1).word[0] = 2n ** 64n - 1n;
      memory.words(counts, 1)[0]!++;
      run(1, limbs, seed, uniform, polynomialBytes, counts);
    },
    decodeKey: (run) => {
      for (let digit = 0; digit < limbs; digit++) {
        for (const polynomial of [0, 1]) {
          run(PRIMES.length, keyWords, digit === 0 ? 0 : permutation, key, digitStride, digit, polynomial);
        }
      }
    },
    digits: (run) => {
      run(limbs, second, turned, ELEMENT);
      run(limbs, second, digits, 0);
    },
    extend: (run) => run((limbs + 1) * limbs, limbs, special, digits, extended, extendedStride),
    innerProduct: (run) =>
      run(limbs + 1, limbs, special, second, extended, extendedStride, key, digitStride, otherSums),
    extendedInnerProduct: (run) =>
      run(limbs + 1, limbs, special, second, turned, extendedStride, key, digitStride, sums),
    centerLast: (run) => run(2, sums, (limbs + 1) * limbBytes, limbs, special, centered),
    divideByLast: (run) => {
      divide(run, 0, 0, divided);
      divide(run, 1, permutation, rotated);
    },
    multiply: (run) => run(limbs, ciphertext, polynomialBytes, divided, polynomialBytes, product, polynomialBytes),
    multiplyPlain: (run) => run(2 * limbs, limbs, divided, polynomialBytes, plain, timesPlain, polynomialBytes),
    multiplyScalar: (run) => run(2 * limbs, limbs, divided, polynomialBytes, scalar, timesScalar, polynomialBytes),
    addScalar: (run) => run(limbs, timesScalar, scalar, timesScalar),
    add: (run) => run(2 * limbs, limbs, rotated, polynomialBytes, divided, polynomialBytes, sum, polynomialBytes),
    subtract: (run) =>
      run(2 * limbs, limbs, rotated, polynomialBytes, divided, polynomialBytes, difference, polynomialBytes),
    negate: (run) => run(2 * limbs, limbs, rotated, polynomialBytes, opposite, polynomialBytes),
    sumOfProducts: (run) => {
      writeList([...columns(factor), ...columns(() => polynomialBytes), ...columns(() => plain)]);
      run(2 * limbs, limbs, list, COLUMNS, sumOfProducts, polynomialBytes);
    },
    weightedSums: (run) => {
      const seconds = weighted.map((address) => address + polynomialBytes);
      writeList([...columns(factor), ...columns(() => polynomialBytes), ...weighted, ...seconds]);
      const blocks = 2 * limbs * (degree / PART_RESIDUES);
      run(blocks, limbs, list, COLUMNS, ROWS, doubleWeights, wordWeights, highFactors, lowFactors);
    },
    transformBack: (run) => run(limbs, sum),
    transform: (run) => run(limbs, difference),
    encode: (run) => run(2 * limbs, limbs, rotated, polynomialBytes, encoded),
  };
  for (const [name, compute] of Object.entries(trials)) {
    compute((blocks, ...task) => team.run(name as KernelName, blocks, table.address, ...task));
  }
  return memory.bytes(0, memory.totalBytes);
}
