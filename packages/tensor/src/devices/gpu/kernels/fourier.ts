import type { Kernels, ReductionLayout } from '../../../kernels.js';
import { primeFactors } from '../../prime-factors.js';
import { rootsOfUnity } from '../../roots-of-unity.js';
import type { Executor } from '../executor.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

const COPY = kernelSource(['x'], 'return x[this.thread.x];');

/** One factor of Stockham's transform, as in the kernel of `reference`; the product of those before it is `done`. */
function stageSource({ outer, length, inner }: ReductionLayout, radix: number, done: number): string {
  const width = (length / (done * radix)) * inner;
  const { statements, at } = unravelIndex('this.thread.x', [outer, radix, done, width, 2], 'i');
  const [line, q, j, place, part] = at as [string, string, string, string, string];
  const start = ravelIndex([line, j, place], [2 * length * inner, 2 * radix * width, 2]);
  return kernelSource(
    ['x', 'roots'],
    `${statements}
const start = ${start};
const step = ${ravelIndex([q, j], [done, 1])};
let sum = 0;
let turn = 0;
for (let s = 0; s < ${radix}; s++) {
  const real = x[start + s * ${2 * width}];
  const imaginary = x[start + s * ${2 * width} + 1];
  const cosine = roots[turn * ${(2 * length) / (done * radix)}];
  const sine = roots[turn * ${(2 * length) / (done * radix)} + 1];
  if (${part} < 0.5) { sum = sum + real * cosine - imaginary * sine; }
  else { sum = sum + real * sine + imaginary * cosine; }
  turn = turn + step;
  if (turn >= ${done * radix}) { turn = turn - ${done * radix}; }
}
return sum;`,
  );
}

/** Fourier transforms by a kernel for each prime factor of the length, which sums up as many terms. */
export function fourierKernels(executor: Executor): Pick<Kernels, 'fft'> {
  return {
    fft(x, out, layout, inverse) {
      const { length } = layout;
      if (out.size === 0) return;
      if (length === 1) {
        executor.launch(out, COPY, x);
        return;
      }
      executor.withTemporary(2 * length, (roots) => {
        executor.memory.write(roots, rootsOfUnity(length, inverse));
        let done = 1;
        for (const radix of primeFactors(length)) {
          executor.launch(out, stageSource(layout, radix, done), done === 1 ? x : out, roots);
          done *= radix;
        }
      });
    },
  };
}
