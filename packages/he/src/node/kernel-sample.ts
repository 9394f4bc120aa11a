import { withPrimes } from '../ckks/parameters.js';
import { ModulusTable } from '../evaluator/modulus-table.js';
import { ResidueMemory, SKEW_BYTES } from '../evaluator/residue-memory.js';
import { Team } from '../evaluator/team.js';

/** Primes with few and with many reductions, and one of whole numbers; the last one is special. */
const PRIMES = withPrimes({ degree: 8192, bits: [40, 50, 52, 45] }).primes;
/** Transforms of an even and of an odd number of stages. */
const DEGREES = [1024, 2048] as const;
const RESIDUE_BYTES = 8;
/** An automorphism. */
const ELEMENT = 3;

/** What the kernels of a module compute from the same numbers every time, as bytes. It takes milliseconds. */
export function sampleBits(module: WebAssembly.Module): Uint8Array {
  const parts = DEGREES.map((degree) => sampleOf(module, degree));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function sampleOf(module: WebAssembly.Module, degree: number): Uint8Array {
  const memory = new ResidueMemory();
  const limbBytes = degree * RESIDUE_BYTES;
  const stride = limbBytes + SKEW_BYTES;
  const special = PRIMES.length - 1;
  const limbs = special;
  const team = new Team(memory, 1, module, limbs * stride);
  const table = new ModulusTable(memory, team, { degree, primes: PRIMES });
  let state = 1;
  /** Polynomials whose limb i is of the prime with index `primeOf(i)`. */
  const draw = (count: number, primeOf: (limb: number) => number): number => {
    const address = memory.allocate(count * limbBytes);
    for (let limb = 0; limb < count; limb++) {
      const { double, word } = memory.residues(address + limb * limbBytes, degree);
      const prime = primeOf(limb);
      for (let i = 0; i < degree; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const residue = Math.floor((state / 2 ** 32) * Number(PRIMES[prime]!));
        if (table.isDouble(prime)) double[i] = residue;
        else word[i] = BigInt(residue);
      }
    }
    return address;
  };
  const run = (...[name, blocks, ...task]: Parameters<Team['run']>) => team.run(name, blocks, table.address, ...task);
  const ciphertext = draw(2 * limbs, (limb) => limb % limbs);
  const polynomialBytes = limbs * limbBytes;
  const second = ciphertext + polynomialBytes;
  const words = draw(limbs * PRIMES.length, (limb) => limb % PRIMES.length);
  const keyStride = 2 * PRIMES.length * limbBytes + SKEW_BYTES;
  const key = memory.allocate(limbs * keyStride);
  for (let digit = 0; digit < limbs; digit++) {
    const from = words + digit * PRIMES.length * limbBytes;
    for (const polynomial of [0, 1]) run('decodeKey', PRIMES.length, from, 0, key, keyStride, digit, polynomial);
  }
  const results = memory.allocate((14 * limbs + 6) * limbBytes);
  let end = results;
  const place = (count: number) => {
    const address = end;
    end += count * limbBytes;
    return address;
  };
  const digits = place(limbs);
  run('digits', limbs, second, digits, ELEMENT);
  const sums = place(2 * (limbs + 1));
  run('extendedInnerProduct', limbs + 1, limbs, special, second, digits, stride, key, keyStride, sums);
  const centered = place(2);
  run('centerLast', 2, sums, (limbs + 1) * limbBytes, limbs, special, centered);
  const divided = place(2 * limbs);
  run(
    'divideByLast',
    2 * limbs,
    limbs,
    sums,
    (limbs + 1) * limbBytes,
    centered,
    special,
    table.inversesOf(special),
    ciphertext,
    polynomialBytes,
    1,
    0,
    divided,
    polynomialBytes,
  );
  const product = place(3 * limbs);
  run('multiply', limbs, ciphertext, polynomialBytes, divided, polynomialBytes, product, polynomialBytes);
  const plain = place(2 * limbs);
  run('multiplyPlain', 2 * limbs, limbs, divided, polynomialBytes, second, plain, polynomialBytes);
  const sum = place(2 * limbs);
  run('add', 2 * limbs, limbs, plain, polynomialBytes, ciphertext, polynomialBytes, sum, polynomialBytes);
  const coefficients = place(limbs);
  memory.bytes(coefficients, polynomialBytes).set(memory.bytes(sum, polynomialBytes));
  run('transformBack', limbs, coefficients);
  const values = place(limbs);
  memory.bytes(values, polynomialBytes).set(memory.bytes(sum, polynomialBytes));
  run('transform', limbs, values);
  return memory.bytes(results, end - results).slice();
}
