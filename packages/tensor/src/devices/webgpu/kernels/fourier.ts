import type { Kernels, Operand } from '../../../kernels.js';
import { primeFactors } from '../../prime-factors.js';
import { rootsOfUnity } from '../../roots-of-unity.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';

const GROUP = 64;

/** One factor of Stockham's transform, as in the kernel of `reference`; the product of those before it is `done`. */
const advancing = kernel('fft', () => ({
  reads: { x: 'vec2<f32>', roots: 'vec2<f32>' },
  writes: { out: 'vec2<f32>' },
  parameters: { count: 'u32', length: 'u32', width: 'u32', done: 'u32', radix: 'u32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let place = index % p.width;
let j = index / p.width % p.done;
let q = index / p.width / p.done % p.radix;
let line = index / p.width / p.done / p.radix;
let first = (line * p.done + j) * p.radix * p.width + place;
let turns = p.done * p.radix;
let scale = p.length / turns;
var sum = vec2<f32>(0.0);
var turn = 0u;
for (var s = 0u; s < p.radix; s++) {
  let value = x[first + s * p.width];
  let root = roots[turn * scale];
  sum += vec2<f32>(value.x * root.x - value.y * root.y, value.x * root.y + value.y * root.x);
  turn = (turn + q * p.done + j) % turns;
}
out[index] = sum;`,
}));

/** Fourier transforms by a pass for each prime factor of the length, which sums up as many terms. */
export function fourierKernels(executor: Executor): Pick<Kernels, 'fft'> {
  return {
    fft(x, out, { length, inner }, inverse) {
      if (out.size === 0) return;
      const factors = length === 1 ? [1] : primeFactors(length);
      const count = out.size / 2;
      executor.withTemporary('float32', 2 * length, (roots) => {
        executor.memory.write(roots, rootsOfUnity(length, inverse));
        executor.withTemporary('float32', out.size, (other) => {
          let from: Operand = x;
          let done = 1;
          for (const [i, radix] of factors.entries()) {
            // The last pass goes to out.
            const to = (factors.length - i) % 2 === 1 ? out : other;
            const width = (length / (done * radix)) * inner;
            executor.run(
              advancing,
              {},
              {
                reads: [from, roots],
                writes: [to],
                parameters: { count, length, width, done, radix },
                groups: Math.ceil(count / GROUP),
                operations: count * radix * 8,
              },
            );
            from = to;
            done *= radix;
          }
        });
      });
    },
  };
}
