import { type ComparisonName, comparisonNames, type Kernels } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { axisFields } from './axes.js';

/** The operations in the order of kernels/elementwise/arithmetic.ts. */
const unaryOperations = [
  'neg',
  'abs',
  'sqrt',
  'square',
  'reciprocal',
  'relu',
  'floor',
  'ceil',
  'round',
  'exp',
  'sigmoid',
  'silu',
  'tanh',
] as const;
/** Larger exponents go to the reference: repeated multiplication adds a rounding for each. */
const MAX_FACTORS = 64;

const binaryOperations = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'reluGradient'] as const;

/** Functions of one, two and three numbers for float32, broadcast over at most three axes; `reference` has the rest. */
export function elementwiseKernels(
  executor: Executor,
): Pick<Kernels, 'unary' | 'binary' | 'comparison' | 'where' | 'scale'> {
  function unary(name: (typeof unaryOperations)[number]): Kernels['unary'][typeof name] {
    const operation = unaryOperations.indexOf(name);
    return (x, out) => {
      if (out.dtype !== 'float32') reference.kernels.unary[name](x, out);
      else executor.run('unary', [addressOf(x), addressOf(out), out.size, operation]);
    };
  }

  function binary(name: (typeof binaryOperations)[number]): Kernels['binary'][typeof name] {
    const operation = binaryOperations.indexOf(name);
    return (a, b, out) => {
      const axes = out.dtype === 'float32' ? axisFields(out, [a, b]) : undefined;
      if (!axes) reference.kernels.binary[name](a, b, out);
      else executor.run('binary', [addressOf(a), addressOf(b), addressOf(out), operation, ...axes]);
    };
  }

  function comparison(name: ComparisonName): Kernels['comparison'][ComparisonName] {
    const operation = comparisonNames.indexOf(name);
    return (a, b, out) => {
      const axes = a.dtype === 'float32' ? axisFields(out, [a, b]) : undefined;
      if (!axes) reference.kernels.comparison[name](a, b, out);
      else executor.run('compare', [addressOf(a), addressOf(b), addressOf(out), operation, ...axes]);
    };
  }

  const pow: Kernels['binary']['pow'] = (a, b, out) => {
    const exponent = b.size === 1 ? values(b)[0]! : Number.NaN;
    const isWhole = Number.isInteger(exponent) && Math.abs(exponent) <= MAX_FACTORS;
    if (out.dtype !== 'float32' || !isWhole || a.size !== out.size) reference.kernels.binary.pow(a, b, out);
    else executor.run('wholePower', [addressOf(a), addressOf(out), out.size, exponent]);
  };

  const multiply = binary('mul');
  return {
    unary: {
      ...reference.kernels.unary,
      ...Object.fromEntries(unaryOperations.map((name) => [name, unary(name)])),
    },
    binary: {
      ...reference.kernels.binary,
      ...Object.fromEntries(binaryOperations.map((name) => [name, binary(name)])),
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
      const axes = out.dtype === 'float32' ? axisFields(out, [condition, a, b]) : undefined;
      if (!axes) reference.kernels.where(condition, a, b, out);
      else executor.run('select', [...[condition, a, b, out].map(addressOf), ...axes]);
    },
    scale(x, factor) {
      if (x.dtype !== 'float32') reference.kernels.scale(x, factor);
      else multiply(x, factor, x);
    },
  };
}
