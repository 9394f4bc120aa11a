import type { Pass } from '../floor.js';
import { type EncryptedNetworkWork, type EncryptedWork, WEIGHTED_SUMS } from '../work.js';
import type { Workload } from '../workload.js';

/**
 * What a product modulo a prime amounts to, as five operations in double precision on two numbers and a difference, and a sum or
 * difference: the peak is that of products and sums in float32, of which a vector does eight where it does two of these at most.
 */
const PRODUCT = 6 * 4;
const SUM = 4;
/** A product with a small integer that is added up: two halves of a residue, each multiplied and added at once. */
const INTEGER_PRODUCT = 2 * 4;
const RESIDUE_BYTES = 8;

interface Counts {
  /** Transforms of one polynomial modulo one prime. */
  readonly transforms: number;
  /** Products and sums of two such polynomials, value by value. */
  readonly products: number;
  /** Products with integers, value by value, and their sums. */
  readonly integerProducts?: number;
  /** Polynomials modulo one prime that are read or written. */
  readonly polynomials: number;
}

/** N/2·log2 N butterflies of a product, a sum and a difference. */
function passOf({ degree }: EncryptedWork, { transforms, products, integerProducts = 0, polynomials }: Counts): Pass {
  const butterflies = (degree / 2) * Math.log2(degree);
  return {
    operations:
      transforms * butterflies * (PRODUCT + 2 * SUM) +
      products * degree * (PRODUCT + SUM) +
      integerProducts * degree * INTEGER_PRODUCT,
    bytes: polynomials * degree * RESIDUE_BYTES,
  };
}

/** Digits of a polynomial modulo k primes: back to coefficients, and to all the other primes, the special one too. */
const cutting = (k: number): number => k + k ** 2;
/** What follows for each key: products with both its polynomials, and the division by the special prime. */
const switching = (k: number) => ({
  transforms: 2 + 2 * k,
  products: 2 * k * (k + 1) + 2 * k,
  polynomials: 2 * k * (k + 1) + 2 * k,
});

function countsOf({ operation, bits, rotations }: EncryptedWork): Counts {
  const k = bits.length - 1;
  const { transforms, products, polynomials } = switching(k);
  switch (operation) {
    case 'rotate':
    case 'rotate many':
      return {
        transforms: (operation === 'rotate' ? rotations : 1) * cutting(k) + rotations * transforms,
        products: rotations * products,
        polynomials: 2 * k + rotations * polynomials,
      };
    case 'multiply plain':
      return { transforms: 0, products: 2 * k, polynomials: 5 * k };
    case 'square':
      return {
        transforms: cutting(k) + transforms + 2 * k,
        products: 3 * k + products + 2 * (k - 1),
        polynomials: 2 * k + polynomials,
      };
    case 'weighted sums': {
      const { rows, columns } = WEIGHTED_SUMS;
      const integerProducts = 2 * k * rows * columns;
      return { transforms: 0, products: 0, integerProducts, polynomials: 2 * k * (rows + columns) };
    }
  }
}

function workload(work: EncryptedWork, name: string): Workload {
  return {
    name: `encrypted/N ${work.degree}, ${work.bits.length} primes/${name}`,
    work,
    passes: [passOf(work, countsOf(work))],
  };
}

/** Levels and ciphertext products of a polynomial by its degree. */
const POLYNOMIALS: Readonly<Record<number, { readonly depth: number; readonly products: number }>> = {
  2: { depth: 1, products: 1 },
  8: { depth: 3, products: 3 },
  22: { depth: 5, products: 7 },
};
const SLOTS = 4096;

interface NetworkCounts {
  /** Products of weights and elements. */
  readonly weights: number;
  /** Elements that go through a polynomial. */
  readonly activations: number;
}

/** A convolution whose results have so many rows and columns. */
const convolution = (size: number, inputs: number, outputs: number, kernel: number): number =>
  size ** 2 * kernel ** 2 * inputs * outputs;

function networkCounts({ network, size }: EncryptedNetworkWork): NetworkCounts {
  if (network === 'mlp') return { weights: size ** 2 * 64 + 64 * 10, activations: 64 };
  if (network === 'convolution') {
    const convolved = Math.floor((size - 5) / 2) + 1;
    const activations = 16 * convolved ** 2;
    return { weights: convolution(convolved, 1, 16, 5) + activations * 10, activations };
  }
  const [half, quarter] = [size / 2, size / 4];
  return {
    weights:
      convolution(size, 3, 16, 3) +
      2 * convolution(size, 16, 16, 3) +
      convolution(half, 16, 32, 3) +
      convolution(half, 32, 32, 3) +
      convolution(half, 16, 32, 1) +
      convolution(quarter, 32, 64, 3) +
      convolution(quarter, 64, 64, 3) +
      convolution(quarter, 32, 64, 1) +
      64 * 10,
    activations: 3 * 16 * size ** 2 + 2 * 32 * half ** 2 + 2 * 64 * quarter ** 2,
  };
}

/**
 * What every layout of a network needs: a product with each weight, in as many ciphertexts as they fill, and the products of its
 * polynomials; of a batch a product with an integer for each weight, and a polynomial for each element. Rotations, of which layouts
 * differ in the number, and the larger N of more levels are left out.
 */
function networkWorkload(network: Omit<EncryptedNetworkWork, 'kind'>, name: string): Workload {
  const work = { kind: 'encrypted network', ...network } as const;
  const { depth, products } = POLYNOMIALS[work.degree]!;
  const { weights, activations } = networkCounts(work);
  const bits = new Array<number>(depth + 4).fill(40);
  const common = { kind: 'encrypted', degree: 2 * SLOTS, bits, rotations: 0 } as const;
  const pass = (operation: EncryptedWork['operation'], times: number): Pass => {
    const single = { ...common, operation };
    const { operations, bytes } = passOf(single, countsOf(single));
    return { operations: times * operations, bytes: times * bytes };
  };
  const { rows, columns } = WEIGHTED_SUMS;
  return {
    name: `encrypted/network/${name} of degree ${work.degree}`,
    work,
    passes:
      work.images === 'batch'
        ? [pass('weighted sums', weights / (rows * columns)), pass('square', products * activations)]
        : [
            pass('multiply plain', Math.ceil(weights / SLOTS)),
            pass('square', products * Math.ceil(activations / SLOTS)),
          ],
  };
}

const ROTATIONS = 8;

/** Operations on a ciphertext of CKKS, with primes as networks of degree 2 and 16 take them. */
export const encryptedWorkloads: readonly Workload[] = [
  { degree: 8192, bits: [50, 40, 40, 40, 48] },
  { degree: 16384, bits: [50, 40, 40, 40, 40, 40, 40, 40, 50] },
].flatMap((parameters) => {
  const common = { kind: 'encrypted', ...parameters } as const;
  return [
    workload({ ...common, operation: 'rotate', rotations: 1 }, 'rotate'),
    workload({ ...common, operation: 'rotate many', rotations: ROTATIONS }, `${ROTATIONS} rotations of one`),
    workload({ ...common, operation: 'multiply plain', rotations: 0 }, 'multiply by weights'),
    workload({ ...common, operation: 'square', rotations: 0 }, 'square, relinearize, rescale'),
    workload(
      { ...common, operation: 'weighted sums', rotations: 0 },
      `${WEIGHTED_SUMS.rows} sums of ${WEIGHTED_SUMS.columns} times numbers`,
    ),
  ];
});

/** Whole networks on encrypted images: a batch and a ResNet of small ones, so that a run of SEAL takes seconds. */
export const encryptedNetworkWorkloads: readonly Workload[] = [
  ...[2, 8, 22].map((degree) => networkWorkload({ network: 'mlp', degree, size: 28, images: 'one' }, 'mlp')),
  ...[2, 8].map((degree) =>
    networkWorkload({ network: 'convolution', degree, size: 28, images: 'one' }, 'convolution'),
  ),
  networkWorkload({ network: 'mlp', degree: 2, size: 10, images: 'batch' }, 'batch of 4096, mlp'),
  networkWorkload({ network: 'resnet8', degree: 8, size: 16, images: 'one' }, 'resnet8 with refreshes'),
];
