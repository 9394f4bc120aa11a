import { apply, operators, type Tensor, where } from '@pnn/tensor';
import fc from 'fast-check';
import { broadcastableShapes, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import {
  anywhere,
  broadcastablePoints,
  medium,
  moderate,
  nonzero,
  points,
  positive,
  quarters,
  smallShapes,
} from '../points.js';

function unary(f: (x: Tensor) => Tensor, numbers: fc.Arbitrary<number>): fc.Arbitrary<GradientCase> {
  return points(numbers).map((x) => ({ inputs: [x], f }));
}

function binary(
  f: (a: Tensor, b: Tensor) => Tensor,
  a: fc.Arbitrary<number>,
  b: fc.Arbitrary<number>,
): fc.Arbitrary<GradientCase> {
  return broadcastablePoints(a, b).map((inputs) => ({ inputs, f: (x, y) => f(x!, y!) }));
}

/** Between the steps of functions that are constant but for their steps at whole and half numbers. */
const betweenSteps = fc.integer({ min: -8, max: 8 }).map((n) => n / 2 + 0.25);
/** The arguments of inverse functions that end at ±1. */
const withinOne = quarters(-1, 1).map((x) => 0.75 * x);
/** No number between steps is a multiple of one of these. */
const divisors = fc
  .integer({ min: -6, max: 6 })
  .map((n) => n / 2)
  .filter((n) => n !== 0);
const halves = fc.integer({ min: -6, max: 6 }).map((n) => n / 2);

const powers: fc.Arbitrary<GradientCase> = fc.oneof(
  binary((a, b) => a.pow(b), quarters(0.25, 3), quarters(-2, 3)),
  fc
    .tuple(points(fc.oneof(quarters(-3, 3), fc.constant(0))), fc.integer({ min: 0, max: 4 }))
    .map(([x, exponent]) => ({ inputs: [x], f: (a: Tensor) => a.pow(exponent) })),
  fc
    .tuple(points(nonzero.filter((x) => Math.abs(x) < 10)), fc.integer({ min: -3, max: -1 }))
    .map(([x, exponent]) => ({ inputs: [x], f: (a: Tensor) => a.pow(exponent) })),
);

const selections: fc.Arbitrary<GradientCase> = broadcastableShapes(3, 2).chain(({ parts }) =>
  fc
    .tuple(tablesOf(parts[0]!, fc.constantFrom(0, 1)), tablesOf(parts[1]!, anywhere), tablesOf(parts[2]!, anywhere))
    .map(([test, a, b]) => ({ inputs: [a, b], f: (x, y) => where(tensorOf(test, 'bool'), x!, y!) })),
);

const repetitions: fc.Arbitrary<GradientCase> = smallShapes.chain((whole) =>
  fc
    .tuple(fc.nat(whole.length), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .chain(([cut, short]) =>
      tablesOf(
        whole.slice(cut).map((length, axis) => (short[axis] ? 1 : length)),
        anywhere,
      ),
    )
    .map((x) => ({ inputs: [x], f: (a) => apply(operators.broadcast, [a!], { shape: whole })[0]! })),
);

/** Elementwise operators. */
export const elementwiseCases: GradientCases = {
  neg: unary((x) => x.neg(), anywhere),
  abs: unary((x) => x.abs(), nonzero),
  sign: unary((x) => x.sign(), nonzero),
  exp: unary((x) => x.exp(), moderate),
  exp2: unary((x) => x.exp2(), moderate),
  expm1: unary((x) => x.expm1(), moderate),
  log: unary((x) => x.log(), positive),
  log2: unary((x) => x.log2(), positive),
  log10: unary((x) => x.log10(), positive),
  log1p: unary((x) => x.log1p(), fc.oneof(positive, fc.constantFrom(0, -0.5, -0.75))),
  sqrt: unary((x) => x.sqrt(), positive),
  reciprocal: unary((x) => x.reciprocal(), nonzero),
  square: unary((x) => x.square(), medium),
  sin: unary((x) => x.sin(), anywhere),
  cos: unary((x) => x.cos(), anywhere),
  tan: unary((x) => x.tan(), quarters(-1, 1)),
  asin: unary((x) => x.asin(), withinOne),
  acos: unary((x) => x.acos(), withinOne),
  atan: unary((x) => x.atan(), anywhere),
  sinh: unary((x) => x.sinh(), quarters(-3, 3)),
  cosh: unary((x) => x.cosh(), quarters(-3, 3)),
  asinh: unary((x) => x.asinh(), anywhere),
  acosh: unary(
    (x) => x.acosh(),
    positive.map((x) => x + 1),
  ),
  atanh: unary((x) => x.atanh(), withinOne),
  tanh: unary((x) => x.tanh(), anywhere),
  sigmoid: unary((x) => x.sigmoid(), anywhere),
  relu: unary((x) => x.relu(), nonzero),
  silu: unary((x) => x.silu(), anywhere),
  gelu: unary((x) => x.gelu(), anywhere),
  softplus: unary((x) => x.softplus(), anywhere),
  erf: unary((x) => x.erf(), anywhere),
  erfc: unary((x) => x.erfc(), quarters(-2, 0.25)),
  floor: unary((x) => x.floor(), betweenSteps),
  ceil: unary((x) => x.ceil(), betweenSteps),
  round: unary((x) => x.round(), betweenSteps),
  trunc: unary((x) => x.trunc(), betweenSteps),

  add: binary((a, b) => a.add(b), anywhere, anywhere),
  sub: binary((a, b) => a.sub(b), anywhere, anywhere),
  mul: binary((a, b) => a.mul(b), medium, medium),
  div: binary((a, b) => a.div(b), medium, nonzero),
  remainder: binary((a, b) => a.remainder(b), betweenSteps, divisors),
  fmod: binary((a, b) => a.fmod(b), betweenSteps, divisors),
  pow: powers,
  maximum: binary((a, b) => a.maximum(b), halves, betweenSteps),
  minimum: binary((a, b) => a.minimum(b), halves, betweenSteps),
  atan2: binary((a, b) => a.atan2(b), nonzero, anywhere),
  hypot: binary((a, b) => a.hypot(b), nonzero, anywhere),
  reluGradient: binary((a, b) => a.reluGradient(b), anywhere, nonzero),
  where: selections,
  cast: unary((x) => apply(operators.cast, [x], { dtype: 'float64' })[0]!, anywhere),
  broadcast: repetitions,
};
