import type { BinaryName, ComparisonName, Kernels, Operand, UnaryName } from '../../../kernels.js';
import { broadcastStrides } from '../../../shape.js';
import { joinAxes } from '../../joined-axes.js';
import { type Bounds, bufferOf } from '../buffer.js';
import type { Executor } from '../executor.js';
import { unaryBodies } from '../functions.js';
import { boundsIn, computeIntegers, integerBounds, keepBounds, rememberBounds } from '../integers.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

/** Each binary operator as an expression of `a` and `b`; where neither is larger, one is NaN, and the sum is. */
const binaryExpressions: Readonly<Record<BinaryName, string>> = {
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  remainder: 'flooredRemainder(a, b)',
  fmod: 'truncatedRemainder(a, b)',
  pow: 'power(a, b)',
  maximum: 'a > b ? a : (b >= a ? b : a + b)',
  minimum: 'a < b ? a : (b <= a ? b : a + b)',
  atan2: 'angleOfPoint(a, b)',
  hypot: 'hypotenuse(a, b)',
  reluGradient: 'b > 0 ? a : 0.0',
};

const comparisonExpressions: Readonly<Record<ComparisonName, string>> = {
  equal: 'a === b ? 1.0 : 0.0',
  notEqual: 'a === b ? 0.0 : 1.0',
  less: 'a < b ? 1.0 : 0.0',
  lessEqual: 'a <= b ? 1.0 : 0.0',
  greater: 'a > b ? 1.0 : 0.0',
  greaterEqual: 'a >= b ? 1.0 : 0.0',
};

/**
 * a/b without its fraction. Shaders round quotients to a few units in the last place: from a whole number below it the
 * exact one is counted up to, by remainders that are exact.
 */
const INTEGER_QUOTIENT = `if (b === 0) { return 0.0; }
const size = Math.abs(a);
const by = Math.abs(b);
let quotient = Math.floor(size / by) - 3;
if (quotient < 0) { quotient = 0; }
let rest = size - quotient * by;
for (let k = 0; k < 7; k++) {
  if (rest >= by) {
    rest = rest - by;
    quotient = quotient + 1;
  }
}
if (a < 0) { quotient = -quotient; }
return b < 0 ? -quotient : quotient;`;

/** a^b by squaring; without its fraction where b is negative, and 0 for the infinite power of 0. */
const INTEGER_POWER = `let exponent = Math.abs(b);
let base = a;
let result = 1;
for (let k = 0; k < 25; k++) {
  const half = Math.floor(exponent * 0.5);
  if (exponent - 2 * half > 0.5) { result = result * base; }
  base = base * base;
  exponent = half;
}
if (b < 0) {
  if (Math.abs(a) > 1) { return 0.0; }
}
return result;`;

/** Binary operators that integers have statements of their own for. */
const integerStatements: Readonly<Partial<Record<BinaryName, string>>> = {
  div: INTEGER_QUOTIENT,
  remainder: 'return b === 0 ? 0.0 : flooredRemainder(a, b);',
  fmod: 'return b === 0 ? 0.0 : truncatedRemainder(a, b);',
  pow: INTEGER_POWER,
};

/** Where the results of integers lie that operators compute. */
const unaryBounds: Readonly<Partial<Record<UnaryName, (a: Bounds) => Bounds>>> = {
  neg: integerBounds.neg,
  square: (a) => integerBounds.mul(a, a),
};
const binaryBounds: Readonly<Partial<Record<BinaryName, (a: Bounds, b: Bounds) => Bounds>>> = {
  add: integerBounds.add,
  sub: integerBounds.sub,
  mul: integerBounds.mul,
  div: integerBounds.div,
  pow: integerBounds.pow,
};
/** Where those lie that operators choose: they are never too large. */
const chosenByUnary: Readonly<Partial<Record<UnaryName, (a: Bounds) => Bounds>>> = {
  abs: integerBounds.abs,
  sign: integerBounds.sign,
  relu: integerBounds.orZero,
};
const chosenByBinary: Readonly<Partial<Record<BinaryName, (a: Bounds, b: Bounds) => Bounds>>> = {
  remainder: (_, b) => integerBounds.orZero(b),
  fmod: integerBounds.orZero,
  maximum: integerBounds.either,
  minimum: integerBounds.either,
  reluGradient: integerBounds.orZero,
};

/** Truncation; NaN and infinities are 0, and from 2^31 on the remainder modulo 2^32 is taken. */
const TO_INTEGER = `if (Math.abs(v) < 8388608) { return v < 0 ? -Math.floor(-v) : Math.floor(v); }
if (Math.abs(v) < 2147483648) { return v; }
if (Math.abs(v) <= 3.4028234e38) {
  const rest = v - Math.floor(v * ${2 ** -32}) * 4294967296;
  return rest < 2147483648 ? rest : rest - 4294967296;
}
return 0.0;`;

const names = ['a', 'b', 'c'] as const;

/** Reads operands that broadcast to a shape, as `a`, `b` and `c`, and goes on with the statements. */
function broadcastSource(operands: readonly Operand[], out: Operand, statements: string): string {
  const own = operands.map(({ shape }) => broadcastStrides(shape, out.shape));
  const { shape, strides } = joinAxes(out.shape, own);
  const index = unravelIndex('this.thread.x', shape, 'i');
  const parameters = operands.map((_, i) => `${names[i]}Elements`);
  const reads = operands.map((_, i) => `const ${names[i]} = ${parameters[i]}[${ravelIndex(index.at, strides[i]!)}];`);
  return kernelSource(parameters, [index.statements, ...reads, statements].join('\n'));
}

function table<Name extends string, Kernel>(
  definitions: Readonly<Record<Name, string>>,
  kernel: (name: Name, definition: string) => Kernel,
): Record<Name, Kernel> {
  const entries = Object.entries<string>(definitions) as [Name, string][];
  return Object.fromEntries(entries.map(([name, definition]) => [name, kernel(name, definition)])) as Record<
    Name,
    Kernel
  >;
}

/** Functions of single elements, and what changes elements in place. */
export function elementwiseKernels(
  executor: Executor,
): Pick<
  Kernels,
  'unary' | 'binary' | 'comparison' | 'where' | 'cast' | 'fill' | 'copy' | 'broadcast' | 'scale' | 'lerp'
> {
  const map = (x: Operand, out: Operand, statements: string): void =>
    executor.launch(out, kernelSource(['x'], `const v = x[this.thread.x];\n${statements}`), x);
  const broadcast = (operands: readonly Operand[], out: Operand, statements: string): void =>
    executor.launch(out, broadcastSource(operands, out, statements), ...operands);

  return {
    unary: table(unaryBodies, (name, statements) => (x, out) => {
      const bounds = unaryBounds[name];
      const own = boundsIn(x);
      if (bounds) {
        computeIntegers(name, out, bounds(own), () => map(x, out, statements));
        return;
      }
      map(x, out, statements);
      rememberBounds(out, chosenByUnary[name]?.(own));
    }),
    binary: table(binaryExpressions, (name, expression) => (a, b, out) => {
      const bounds = binaryBounds[name];
      const own = [boundsIn(a), boundsIn(b)] as const;
      const statements = (out.dtype === 'int32' && integerStatements[name]) || `return ${expression};`;
      if (bounds) {
        computeIntegers(name, out, bounds(...own), () => broadcast([a, b], out, statements));
        return;
      }
      broadcast([a, b], out, statements);
      rememberBounds(out, chosenByBinary[name]?.(...own));
    }),
    comparison: table(comparisonExpressions, (_, expression) => (a, b, out) => {
      broadcast([a, b], out, `return ${expression};`);
    }),
    where(condition, a, b, out) {
      broadcast([condition, a, b], out, 'if (a > 0) { return b; }\nreturn c;');
      rememberBounds(out, integerBounds.either(boundsIn(a), boundsIn(b)));
    },
    cast(x, out) {
      if (out.dtype === 'bool') map(x, out, 'return v === 0 ? 0.0 : 1.0;');
      else map(x, out, out.dtype === 'int32' && x.dtype === 'float32' ? TO_INTEGER : 'return v;');
      if (x.dtype === 'bool') rememberBounds(out, [0, 1]);
      else if (x.dtype === 'int32') rememberBounds(out, boundsIn(x));
    },
    fill(out, value) {
      computeIntegers('fill', out, [value, value], () => executor.fill(out, value));
      bufferOf(out).attained = true;
    },
    copy(x, out) {
      map(x, out, 'return v;');
      keepBounds(x, out, true);
    },
    broadcast(x, out) {
      broadcast([x], out, 'return a;');
      keepBounds(x, out, true);
    },
    lerp(x, y, weight, factor) {
      const body = 'return (1.0 - weight) * x[this.thread.x] + weight * (factor * y[this.thread.x]);';
      executor.launch(x, kernelSource(['x', 'y', 'weight', 'factor'], body), x, y, weight, factor);
    },
    scale: (x, factor) => executor.launch(x, kernelSource(['x', 'by'], 'return x[this.thread.x] * by[0];'), x, factor),
  };
}
