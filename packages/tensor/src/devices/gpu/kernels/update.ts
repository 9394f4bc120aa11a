import type { Kernels, Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { kernelSource } from '../source.js';
import { sumMapped } from './reduction.js';

/** Magnitudes above LARGE and below SMALL are brought near 1 by powers of two before they are squared. */
const LARGE = 2 ** 50;
const SHRINK = 2 ** -80;
const SMALL = 2 ** -30;
const GROW = 2 ** 64;

/** Steps of optimizers, in place. Their settings are numbers of the call, so that a schedule compiles nothing anew. */
export function updateKernels(executor: Executor): Pick<Kernels, 'euclideanNorm' | 'sgd' | 'adam'> {
  /** Three sums of squares over the elements of an operand: those of small, of usual (and NaN) and of large elements. */
  const sumSquares = (x: Operand, out: Operand): void =>
    sumMapped(executor, out, {
      outer: 3,
      length: x.size,
      inner: 1,
      inputs: [x, SMALL, LARGE, GROW, SHRINK],
      parameters: ['x', 'small', 'large', 'grow', 'shrink'],
      term: `const size = Math.abs(x[place]);
let range = 1;
let scaled = size;
if (size < small) { range = 0; scaled = size * grow; }
if (size > large) { range = 2; scaled = size * shrink; }
const v = range === row ? scaled * scaled : 0.0;`,
    });

  return {
    // J. L. Blue, "A Portable Fortran Program to Find the Euclidean Norm of a Vector" (ACM TOMS 4, 1978).
    euclideanNorm(operands, out) {
      executor.withTemporary(3, (sums) => {
        executor.fill(sums, 0);
        executor.withTemporary(3, (part) => {
          for (const operand of operands) {
            sumSquares(operand, part);
            const add = kernelSource(['a', 'b'], 'return a[this.thread.x] + b[this.thread.x];');
            executor.launch(sums, add, sums, part);
          }
        });
        // Beside large elements small ones do not count; squares are shrunk or grown by both factors, one after the other.
        const norm = `const usual = sums[1];
if (sums[2] > 0) { return Math.sqrt(sums[2] + usual * shrink * shrink) / shrink; }
if (usual <= 0) { return Math.sqrt(sums[0]) / grow; }
return Math.sqrt(usual + sums[0] / grow / grow);`;
        executor.launch(out, kernelSource(['sums', 'grow', 'shrink'], norm), sums, GROW, SHRINK);
      });
    },
    sgd(parameter, gradient, velocity, { learningRate, momentum, dampening, weightDecay, nesterov, first }) {
      const slope = 'gradient[this.thread.x] + weightDecay * parameter[this.thread.x]';
      if (!velocity) {
        const body = `return parameter[this.thread.x] - learningRate * (${slope});`;
        const source = kernelSource(['parameter', 'gradient', 'learningRate', 'weightDecay'], body);
        executor.launch(parameter, source, parameter, gradient, learningRate, weightDecay);
        return;
      }
      if (first) {
        const source = kernelSource(['parameter', 'gradient', 'weightDecay'], `return ${slope};`);
        executor.launch(velocity, source, parameter, gradient, weightDecay);
      } else {
        const source = kernelSource(
          ['parameter', 'gradient', 'velocity', 'weightDecay', 'momentum', 'share'],
          `return momentum * velocity[this.thread.x] + share * (${slope});`,
        );
        executor.launch(velocity, source, parameter, gradient, velocity, weightDecay, momentum, 1 - dampening);
      }
      if (nesterov) {
        const source = kernelSource(
          ['parameter', 'gradient', 'velocity', 'learningRate', 'weightDecay', 'momentum'],
          `const ahead = ${slope} + momentum * velocity[this.thread.x];
return parameter[this.thread.x] - learningRate * ahead;`,
        );
        executor.launch(parameter, source, parameter, gradient, velocity, learningRate, weightDecay, momentum);
        return;
      }
      const source = kernelSource(
        ['parameter', 'velocity', 'learningRate'],
        'return parameter[this.thread.x] - learningRate * velocity[this.thread.x];',
      );
      executor.launch(parameter, source, parameter, velocity, learningRate);
    },
    adam(parameter, gradient, moment1, moment2, settings) {
      const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = settings;
      const slope = `const slope = gradient[this.thread.x] + pull * parameter[this.thread.x];`;
      const pull = decoupled ? 0 : weightDecay;
      const average = (square: string) =>
        kernelSource(
          ['moment', 'gradient', 'parameter', 'pull', 'beta', 'share'],
          `${slope}\nreturn beta * moment[this.thread.x] + share * slope${square};`,
        );
      executor.launch(moment1, average(''), moment1, gradient, parameter, pull, beta1, 1 - beta1);
      executor.launch(moment2, average(' * slope'), moment2, gradient, parameter, pull, beta2, 1 - beta2);
      const source = kernelSource(
        ['parameter', 'mean', 'square', 'shrink', 'rate', 'squareCorrection', 'epsilon'],
        `const spread = Math.sqrt(square[this.thread.x] / squareCorrection) + epsilon;
return parameter[this.thread.x] * shrink - rate * mean[this.thread.x] / spread;`,
      );
      executor.launch(
        parameter,
        source,
        parameter,
        moment1,
        moment2,
        decoupled ? 1 - learningRate * weightDecay : 1,
        learningRate / (1 - beta1 ** step),
        1 - beta2 ** step,
        epsilon,
      );
    },
  };
}
