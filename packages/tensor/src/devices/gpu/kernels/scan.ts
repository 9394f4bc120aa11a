import type { Kernels, Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { boundsIn, computeIntegers, integerBounds } from '../integers.js';
import { kernelSource, unravelIndex } from '../source.js';

const COPY = kernelSource(['x'], 'return x[this.thread.x];');

/**
 * Scans in ⌈log2 length⌉ steps (Hillis & Steele, "Data parallel algorithms", CACM 29, 1986): a step joins every element
 * with the one `distance` places before, which stands for as many elements as it does itself.
 */
export function scanKernels(executor: Executor): Pick<Kernels, 'scan'> {
  return {
    scan(factors, terms, out, { outer, length, inner }, reverse) {
      if (out.size === 0) return;
      const { statements, at } = unravelIndex('this.thread.x', [outer, length, inner], 'i');
      const before = `this.thread.x ${reverse ? '+' : '-'} distance * ${inner}`;
      const isThere = reverse ? `${at[1]} + distance < ${length}` : `${at[1]} - distance >= 0`;
      const step = (parameters: readonly string[], own: string, joined: string): string =>
        kernelSource(
          [...parameters, 'distance'],
          `${statements}\nif (${isThere}) {\n  const other = ${before};\n  return ${joined};\n}\nreturn ${own};`,
        );
      const add = step(['y'], 'y[this.thread.x]', 'y[other] + y[this.thread.x]');
      const multiply = step(['a'], 'a[this.thread.x]', 'a[other] * a[this.thread.x]');
      const recur = step(['y', 'a'], 'y[this.thread.x]', 'a[this.thread.x] * y[other] + y[this.thread.x]');
      const inSteps = (launch: (distance: number) => void): void => {
        for (let distance = 1; distance < length; distance *= 2) launch(distance);
      };

      if (!factors || !terms) {
        const x = (factors ?? terms)!;
        const source = factors ? multiply : add;
        const bounds = factors ? undefined : integerBounds.sum(boundsIn(x), length);
        computeIntegers(factors ? 'cumprod' : 'cumsum', out, bounds, () => {
          executor.launch(out, COPY, x);
          inSteps((distance) => executor.launch(out, source, out, distance));
        });
        return;
      }
      executor.withTemporary(out.size, (products: Operand) => {
        executor.launch(products, COPY, factors);
        executor.launch(out, COPY, terms);
        inSteps((distance) => {
          executor.launch(out, recur, out, products, distance);
          executor.launch(products, multiply, products, distance);
        });
      });
    },
  };
}
