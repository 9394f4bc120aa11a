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

/** Weights of the linear layers. */
const WEIGHTS = { mlp: 784 * 64 + 64 * 10, convolution: 16 * 25 + 16 * 12 * 12 * 10 } as const;
/** Levels and ciphertext products of a polynomial by its degree. */
const POLYNOMIALS: Readonly<Record<number, { readonly depth: number; readonly products: number }>> = {
  2: { depth: 1, products: 1 },
  8: { depth: 3, products: 3 },
  22: { depth: 5, products: 7 },
};

/**
 * What every layout of a network needs: a product with each weight, in as many ciphertexts as they fill, and the products of its
 * polynomial. Rotations, of which layouts differ in the number, and the larger N of more levels are left out.
 */
function networkWorkload(network: EncryptedNetworkWork['network'], degree: number): Workload {
  const { depth, products } = POLYNOMIALS[degree]!;
  const bits = new Array<number>(depth + 4).fill(40);
  const common = { kind: 'encrypted', degree: 8192, bits, rotations: 0 } as const;
  const pass = (operation: EncryptedWork['operation'], times: number): Pass => {
    const work = { ...common, operation };
    const { operations, bytes } = passOf(work, countsOf(work));
    return { operations: times * operations, bytes: times * bytes };
  };
  return {
    name: `encrypted/network/${network} of degree ${degree}`,
    work: { kind: 'encrypted network', network, degree },
    passes: [pass('multiply plain', Math.ceil(WEIGHTS[network] / 4096)), pass('square', products)],
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

/** Whole networks on one encrypted image. */
export const encryptedNetworkWorkloads: readonly Workload[] = [
  networkWorkload('mlp', 2),
  networkWorkload('mlp', 8),
  networkWorkload('mlp', 22),
  networkWorkload('convolution', 2),
  networkWorkload('convolution', 8),
];
