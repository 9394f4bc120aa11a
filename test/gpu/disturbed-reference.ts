import { type Buffer, type Device, Generator, type Kernels, type Operand, reference } from '@pnn/tensor';
import type { BinaryName, ReductionName, ScatterReduction, UnaryName } from '../../packages/tensor/src/kernels.js';
import { UNIT } from '../../packages/tensor/test/gpu/cases/kernel-case.js';

/**
 * How far a kernel may be off, relative to its result: the most that the cases of the kernels allow at the points of these
 * cases, which is tanh at 10. Its quotient of exponentials has 60 roundings, and e^20 the 2·(3 + 2·20) that GLSL ES 3.00
 * (section 4.5.1) and WGSL (section 15.7.4) give it. Every other one stays below: the sums have a dozen terms. Those of a
 * training have up to 1024, in two stages of 32: they round by less than the errors of their terms add up to.
 */
const KERNEL_ERROR = 146 * UNIT;

/** Kernels that move, select or compare elements, or change their signs: exact on every device. */
const exactKernels: ReadonlySet<string> = new Set<
  UnaryName | BinaryName | ReductionName | ScatterReduction | keyof Kernels
>([
  ...([
    'neg',
    'abs',
    'sign',
    'relu',
    'floor',
    'ceil',
    'round',
    'trunc',
    'remainder',
    'fmod',
    'maximum',
    'minimum',
    'reluGradient',
    'max',
    'min',
  ] as const),
  ...(['where', 'cast', 'fill', 'copy', 'broadcast', 'permute', 'slice', 'pad', 'concat', 'gather'] as const),
  ...(['replace', 'maxPool2d', 'maxPool2dSelect'] as const),
]);

/** Kernels whose results are exact where they are integers, as the exponents of negative numbers have to be. */
const roundingKernels: ReadonlySet<string> = new Set<BinaryName>(['add', 'sub', 'mul']);

/** Kernels that change operands in place: all but the second one. */
const updatingKernels: ReadonlySet<string> = new Set<keyof Kernels>(['sgd', 'adam', 'scale', 'lerp']);

type Kernel = (...inputs: unknown[]) => void;
interface KernelTable {
  readonly [name: string]: Kernel | KernelTable;
}

function isOperand(input: unknown): input is Operand {
  return typeof input === 'object' && input !== null && 'buffer' in input;
}

const isFloat = ({ dtype }: Operand): boolean => dtype === 'float32' || dtype === 'float64';

/**
 * The reference, with inputs and kernels that are off by as much as those of a GPU may be, up or down by chance. What this
 * changes in a gradient is what the errors of all intermediate results do, however much the steps that follow amplify them.
 */
function disturbed(generator: Generator): Device {
  const { memory } = reference;
  const unset = new Set<Buffer>();
  const disturb = (operand: Operand, values: ArrayLike<number>, isExact: (value: number) => boolean): void => {
    unset.delete(operand.buffer);
    // Of different sizes, so that two errors of opposite signs do not cancel to the bit.
    const draw = (value: number) => {
      const size = KERNEL_ERROR * (0.5 + 0.5 * generator.uniform());
      return value * (1 + (generator.uniform() < 0.5 ? -size : size));
    };
    memory.write(
      operand,
      Array.from(values, (value) => (!isFloat(operand) || isExact(value) ? value : draw(value))),
    );
  };
  const wrap = (table: KernelTable): KernelTable =>
    Object.fromEntries(
      Object.entries(table).map(([name, kernel]) => {
        if (typeof kernel !== 'function') return [name, wrap(kernel)];
        const wrapped: Kernel = (...inputs) => {
          kernel(...inputs);
          const computed = name === 'scatter' ? String(inputs.at(-1)) : name;
          const isExact = (value: number) =>
            exactKernels.has(computed) || (roundingKernels.has(computed) && Number.isInteger(value));
          const isUpdating = updatingKernels.has(name);
          for (const [i, operand] of inputs.entries()) {
            if (!isOperand(operand)) continue;
            const isChanged = unset.has(operand.buffer) || (isUpdating && i !== 1);
            if (isChanged) disturb(operand, memory.readNow!(operand), isExact);
          }
        };
        return [name, wrapped];
      }),
    );
  return {
    name: 'disturbed reference',
    kernels: wrap(reference.kernels as unknown as KernelTable) as unknown as Kernels,
    memory: {
      ...memory,
      write: (operand, values) => disturb(operand, values, () => false),
      allocate(dtype, size) {
        const buffer = memory.allocate(dtype, size);
        unset.add(buffer);
        return buffer;
      },
    },
  };
}

const DISTURBANCES = 4;

/**
 * How far the results of a computation may be from those of the reference by the errors of its kernels.
 *
 * Every draw gives the sum Σ±u_k·s_k of what the errors change, s_k being the share of intermediate result k at its largest
 * error and u_k from 1/2 to 1, whose mean square is 7/12. Four draws with no sum above a quarter of the root of Σu_k²·s_k²,
 * which is the size of such a sum, happen once in a thousand times, and errors as large as they may be add up to the root of
 * Σs_k² where their signs are independent: hence the factor 4/√(7/12). The last term is for results near 0 of functions whose error is absolute, as that of sin.
 */
export async function boundsOfErrors(
  expected: readonly number[],
  compute: (device: Device) => Promise<readonly number[]>,
): Promise<number[]> {
  const generator = new Generator(1);
  const changes = expected.map(() => 0);
  for (let draw = 0; draw < DISTURBANCES; draw++) {
    const moved = await compute(disturbed(generator));
    moved.forEach((value, i) => {
      changes[i] = Math.max(changes[i]!, Math.abs(value - expected[i]!));
    });
  }
  return changes.map((change) => (4 / Math.sqrt(7 / 12)) * change + KERNEL_ERROR);
}
