import { conv2d, type Device, polynomial, scope, tensor } from '@pnn/nn';
import { hashOf } from './announcement.js';

const hexadecimal = (hash: number) => hash.toString(16).padStart(8, '0');

function hashOfNumbers(numbers: ArrayLike<number>): number {
  return hashOf(new Uint32Array(Float64Array.from(numbers).buffer));
}

/** Arguments of all sizes that functions of the training meet. */
const points = Array.from({ length: 64 }, (_, i) => 1.37 ** (i - 32));

/**
 * The bits of those functions of Math whose last bits are left to the engine (ECMA-262, section 21.3.2): another version of V8,
 * or another processor, may have other ones.
 */
export function mathFingerprint(): string {
  const functions = [Math.exp, Math.log, Math.log2, Math.log1p, Math.expm1, Math.tanh, Math.sin, Math.cos, Math.cbrt];
  const powers = points.map((x) => x ** 0.75);
  return hexadecimal(hashOfNumbers([...functions.flatMap((f) => points.map((x) => f(x))), ...powers]));
}

/** Numbers in [−1, 1) that are the same everywhere: powers of 75 modulo the prime 2^16 + 1. */
function samples(...shape: readonly number[]): Float32Array {
  let state = 1;
  return Float32Array.from({ length: shape.reduce((product, length) => product * length) }, () => {
    state = (state * 75) % 65537;
    return state / 32768 - 1;
  });
}

/**
 * The bits that a device computes of fixed numbers, by what its training is made of: whether a product and a sum are rounded once
 * or twice, in which order sums are added, and the last bits of elementary functions.
 */
export async function kernelFingerprint(device: Device): Promise<string> {
  const numbers = (...shape: readonly number[]) => tensor(samples(...shape), { shape: [...shape], device });
  const results = scope(() => {
    const [a, b, images] = [numbers(37, 65), numbers(65, 29), numbers(2, 3, 17, 19)];
    const activated = polynomial(a, numbers(9), { bound: 1.5 });
    return [
      a.matmul(b),
      conv2d(images, numbers(5, 3, 3, 3), numbers(5), { padding: 1 }),
      ...[a.exp(), a.add(2).log(), a.tanh(), a.sigmoid(), a.erf(), a.sin()],
      a.softmax(),
      activated.output,
      ...[a.sum(), a.square().mean(0), a.add(2).sqrt(), a.div(3)],
    ];
  });
  try {
    const elements = await Promise.all(results.map((result) => result.data()));
    return hexadecimal(hashOf(elements.flatMap((each) => [...new Uint32Array(each.buffer)])));
  } finally {
    for (const result of results) result.dispose();
  }
}
