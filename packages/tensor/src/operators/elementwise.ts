import type { DType } from '../dtype.js';
import { ArgumentError, ShapeError } from '../errors.js';
import type { BinaryName, ComparisonName, Operand, UnaryName } from '../kernels.js';
import { checkFloat, checkRole, checkSameType, checkType, type Operator, operator } from '../operator.js';
import type { Generator } from '../random.js';
import { broadcastShapes, checkShape, formatShape, type Shape, sameShape } from '../shape.js';

type Unary = Operator<readonly [Operand], void>;
type Binary = Operator<readonly [Operand, Operand], void>;

const numeric: readonly DType[] = ['float32', 'float64', 'int32'];

function unary(name: UnaryName, types: readonly DType[] = ['float32', 'float64']): Unary {
  return operator({
    name,
    infer: ([x]) => {
      checkType(name, x, types);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out]) => kernels.unary[name](x, out!),
  });
}

function binary(name: BinaryName, types: readonly DType[] = numeric): Binary {
  return operator({
    name,
    infer: ([a, b]) => {
      checkSameType(name, a, b);
      checkType(name, a, types);
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: a.dtype }];
    },
    launch: (kernels, [a, b], [out]) => kernels.binary[name](a, b, out!),
  });
}

function comparison(name: ComparisonName): Binary {
  return operator({
    name,
    infer: ([a, b]) => {
      checkSameType(name, a, b);
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'bool' }];
    },
    launch: (kernels, [a, b], [out]) => kernels.comparison[name](a, b, out!),
  });
}

/** Operators on single elements, broadcasting where there are several operands. */
export const elementwiseOperators = {
  neg: unary('neg', numeric),
  abs: unary('abs', numeric),
  sign: unary('sign', numeric),
  exp: unary('exp'),
  exp2: unary('exp2'),
  expm1: unary('expm1'),
  log: unary('log'),
  log2: unary('log2'),
  log10: unary('log10'),
  log1p: unary('log1p'),
  sqrt: unary('sqrt'),
  reciprocal: unary('reciprocal'),
  square: unary('square', numeric),
  sin: unary('sin'),
  cos: unary('cos'),
  tan: unary('tan'),
  asin: unary('asin'),
  acos: unary('acos'),
  atan: unary('atan'),
  sinh: unary('sinh'),
  cosh: unary('cosh'),
  tanh: unary('tanh'),
  asinh: unary('asinh'),
  acosh: unary('acosh'),
  atanh: unary('atanh'),
  sigmoid: unary('sigmoid'),
  relu: unary('relu', numeric),
  silu: unary('silu'),
  gelu: unary('gelu'),
  softplus: unary('softplus'),
  erf: unary('erf'),
  erfc: unary('erfc'),
  floor: unary('floor'),
  ceil: unary('ceil'),
  round: unary('round'),
  trunc: unary('trunc'),

  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div'),
  remainder: binary('remainder'),
  fmod: binary('fmod'),
  pow: binary('pow'),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  atan2: binary('atan2', ['float32', 'float64']),
  hypot: binary('hypot', ['float32', 'float64']),
  reluGradient: binary('reluGradient'),

  equal: comparison('equal'),
  notEqual: comparison('notEqual'),
  less: comparison('less'),
  lessEqual: comparison('lessEqual'),
  greater: comparison('greater'),
  greaterEqual: comparison('greaterEqual'),

  where: operator<readonly [Operand, Operand, Operand], void>({
    name: 'where',
    infer: ([condition, a, b]) => {
      checkRole('where', 'condition', condition, 'bool');
      checkSameType('where', a, b);
      const shape = broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape));
      return [{ shape, dtype: a.dtype }];
    },
    launch: (kernels, [condition, a, b], [out]) => kernels.where(condition, a, b, out!),
  }),

  cast: operator<readonly [Operand], { readonly dtype: DType }>({
    name: 'cast',
    infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
    launch: (kernels, [x], [out]) => kernels.cast(x, out!),
  }),

  broadcast: operator<readonly [Operand], { readonly shape: Shape }>({
    name: 'broadcast',
    infer: ([x], { shape }) => {
      checkShape('broadcast', shape);
      if (!sameShape(broadcastShapes('broadcast', x.shape, shape), shape)) {
        throw new ShapeError(`broadcast: ${formatShape(x.shape)} cannot be repeated to ${formatShape(shape)}`);
      }
      return [{ shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out]) => kernels.broadcast(x, out!),
  }),

  bernoulli: operator<
    readonly [Operand],
    {
      readonly probability: number;
      readonly scale: number;
      readonly generator: Generator;
    }
  >({
    name: 'bernoulli',
    infer: ([like], { probability }) => {
      checkFloat('bernoulli', like);
      if (!(probability >= 0 && probability <= 1)) {
        throw new ArgumentError(`bernoulli: the probability must be from 0 to 1, not ${probability}`);
      }
      return [{ shape: like.shape, dtype: like.dtype }];
    },
    launch: (kernels, _, [out], { probability, scale, generator }) =>
      kernels.bernoulli(out!, probability, scale, generator.reserve(out!.size)),
  }),
};
