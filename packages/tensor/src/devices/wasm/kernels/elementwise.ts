import type { ComparisonName, Kernels, Operand } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor, isWide } from '../executor.js';
import {
  type Binary,
  binaryOperations,
  castOperations,
  comparisonOperations,
  transcendentalOperations,
  unaryOperations,
} from '../generated/tasks.js';
import { axisFields } from './axes.js';

/** Larger exponents go to the reference: repeated multiplication adds a rounding for each. */
const MAX_FACTORS = 64;
/** Fewer elements are filled sooner than a kernel is called. */
const MANY = 256;

function namesOf<Name extends string>(operations: Readonly<Record<Name, number>>): Name[] {
  return Object.keys(operations) as Name[];
}

type UnaryOperation = keyof typeof unaryOperations;
type TranscendentalOperation = keyof typeof transcendentalOperations;
type BinaryOperation = keyof typeof binaryOperations;

/** What the kernel has for int32, too. */
const integerNames: ReadonlySet<BinaryOperation> = new Set(['add', 'sub', 'mul', 'maximum', 'minimum'] as const);

/** What the kernels of two operands are told; undefined where they would walk over too many axes. */
function fieldsOf(a: Operand, b: Operand, out: Operand, operation: number): Binary | undefined {
  const axes = axisFields(out, [a, b]);
  return (
    axes && {
      a: addressOf(a),
      b: addressOf(b),
      out: addressOf(out),
      operation,
      integers: Number(a.dtype === 'int32'),
      outer: axes[0]!,
      middle: axes[1]!,
      length: axes[2]!,
      aOuter: axes[3]!,
      aMiddle: axes[4]!,
      aStep: axes[5]!,
      bOuter: axes[6]!,
      bMiddle: axes[7]!,
      bStep: axes[8]!,
    }
  );
}

const castNames: ReadonlySet<string> = new Set(Object.keys(castOperations));

/** The operation of the kernel, if there is one for these types. */
function castOperationOf(x: Operand, out: Operand): number | undefined {
  const name = `${x.dtype}To${out.dtype}`;
  return castNames.has(name) ? castOperations[name as keyof typeof castOperations] : undefined;
}

/** Functions of one, two and three numbers for float32, broadcast over at most three axes; `reference` has the rest. */
export function elementwiseKernels(
  executor: Executor,
): Pick<Kernels, 'unary' | 'binary' | 'comparison' | 'where' | 'cast' | 'fill' | 'scale' | 'lerp'> {
  function unary(name: UnaryOperation): Kernels['unary'][typeof name] {
    const operation = unaryOperations[name];
    return (x, out) => {
      if (out.dtype !== 'float32') reference.kernels.unary[name](x, out);
      else executor.run('unary', { x: addressOf(x), out: addressOf(out), size: out.size, operation });
    };
  }

  function transcendental(name: TranscendentalOperation): Kernels['unary'][typeof name] {
    const operation = transcendentalOperations[name];
    return (x, out) => {
      if (out.dtype !== 'float32') reference.kernels.unary[name](x, out);
      else executor.run('transcendental', { x: addressOf(x), out: addressOf(out), size: out.size, operation });
    };
  }

  function binary(name: BinaryOperation): Kernels['binary'][typeof name] {
    const operation = binaryOperations[name];
    return (a, b, out) => {
      const hasKernel = out.dtype === 'float32' || (out.dtype === 'int32' && integerNames.has(name));
      const fields = hasKernel ? fieldsOf(a, b, out, operation) : undefined;
      if (!fields) reference.kernels.binary[name](a, b, out);
      else executor.run('binary', fields);
    };
  }

  function comparison(name: ComparisonName): Kernels['comparison'][ComparisonName] {
    const operation = comparisonOperations[name];
    return (a, b, out) => {
      const fields = isWide(a) ? fieldsOf(a, b, out, operation) : undefined;
      if (!fields) reference.kernels.comparison[name](a, b, out);
      else executor.run('compare', fields);
    };
  }

  const pow: Kernels['binary']['pow'] = (a, b, out) => {
    const exponent = b.size === 1 ? values(b)[0]! : Number.NaN;
    const isWhole = Number.isInteger(exponent) && Math.abs(exponent) <= MAX_FACTORS;
    if (out.dtype !== 'float32' || !isWhole || a.size !== out.size) reference.kernels.binary.pow(a, b, out);
    else executor.run('wholePower', { x: addressOf(a), out: addressOf(out), size: out.size, exponent });
  };

  const multiply = binary('mul');
  return {
    unary: {
      ...reference.kernels.unary,
      ...Object.fromEntries(namesOf(unaryOperations).map((name) => [name, unary(name)])),
      ...Object.fromEntries(namesOf(transcendentalOperations).map((name) => [name, transcendental(name)])),
    },
    binary: {
      ...reference.kernels.binary,
      ...Object.fromEntries(namesOf(binaryOperations).map((name) => [name, binary(name)])),
      pow,
    },
    comparison: {
      equal: comparison('equal'),
      notEqual: comparison('notEqual'),
      less: comparison('less'),
      lessEqual: comparison('lessEqual'),
      greater: comparison('greater'),
      greaterEqual: comparison('greaterEqual'),
    },
    where(condition, a, b, out) {
      const axes = isWide(out) ? axisFields(out, [condition, a, b]) : undefined;
      if (!axes) {
        reference.kernels.where(condition, a, b, out);
        return;
      }
      executor.run('select', {
        condition: addressOf(condition),
        a: addressOf(a),
        b: addressOf(b),
        out: addressOf(out),
        outer: axes[0]!,
        middle: axes[1]!,
        length: axes[2]!,
        conditionOuter: axes[3]!,
        conditionMiddle: axes[4]!,
        conditionStep: axes[5]!,
        aOuter: axes[6]!,
        aMiddle: axes[7]!,
        aStep: axes[8]!,
        bOuter: axes[9]!,
        bMiddle: axes[10]!,
        bStep: axes[11]!,
      });
    },
    cast(x, out) {
      const operation = castOperationOf(x, out);
      if (operation === undefined) reference.kernels.cast(x, out);
      else executor.run('cast', { x: addressOf(x), out: addressOf(out), size: out.size, operation });
    },
    fill(out, value) {
      if (!isWide(out) || out.size < MANY) reference.kernels.fill(out, value);
      else
        executor.run('fill', { out: addressOf(out), size: out.size, value, integers: Number(out.dtype === 'int32') });
    },
    lerp(x, y, weight, factor) {
      if (x.dtype !== 'float32') reference.kernels.lerp(x, y, weight, factor);
      else executor.run('lerp', { x: addressOf(x), y: addressOf(y), size: x.size, weight, rest: 1 - weight, factor });
    },
    scale(x, factor) {
      if (x.dtype !== 'float32') reference.kernels.scale(x, factor);
      else multiply(x, factor, x);
    },
  };
}
