import { full, type OperatorFamilies, type Tensor, where } from '@pnn/tensor';
import { type Context, constant, type RulesOf, zero } from '../rule.js';

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** Φ(x) + x·φ(x). */
function geluDerivative(x: Tensor): Tensor {
  const distribution = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  const density = x
    .square()
    .mul(-0.5)
    .exp()
    .mul(SQRT_2_OVER_PI / 2);
  return distribution.add(x.mul(density));
}

function scalarLike(like: Tensor, value: number): Tensor {
  return full([], value, like);
}

/** 1 where a wins, ½ where both are equal, 0 where b wins. */
function share(wins: Tensor, ties: Tensor, like: Tensor): Tensor {
  return wins.cast(like.dtype).add(ties.cast(like.dtype).mul(0.5));
}

/** 1 − x², exact near ±1. */
function oneMinusSquare(x: Tensor): Tensor {
  return x.neg().add(1).mul(x.add(1));
}

/** √(1 − x²) */
function cosineOfArcsine(x: Tensor): Tensor {
  return oneMinusSquare(x).sqrt();
}

/** a = n·b + rest with an integer n: −n is the derivative of the rest in b. */
function ofDivisor(g: Tensor, c: Context<void>): Tensor {
  const [a, b] = [c.input(0), c.input(1)];
  return g.mul(c.output(0).sub(a).div(b).round()).sumTo(c.shape(1));
}

/** One side of a right triangle over the square of its hypotenuse. */
function alongHypotenuse(c: Context<void>, side: 0 | 1): Tensor {
  const hypotenuse = c.input(0).hypot(c.input(1));
  return c.input(side).div(hypotenuse).div(hypotenuse);
}

/** y' of every elementwise operator, times the gradient, summed back over what was broadcast. */
export const elementwiseRules: RulesOf<OperatorFamilies['elementwise']> = {
  neg: [(g) => g.neg()],
  abs: [(g, c) => g.mul(c.input(0).sign())],
  sign: [zero],
  exp: [(g, c) => g.mul(c.output(0))],
  exp2: [(g, c) => g.mul(c.output(0)).mul(Math.LN2)],
  expm1: [(g, c) => g.mul(c.output(0).add(1))],
  log: [(g, c) => g.div(c.input(0))],
  log2: [(g, c) => g.div(c.input(0)).mul(Math.LOG2E)],
  log10: [(g, c) => g.div(c.input(0)).mul(Math.LOG10E)],
  log1p: [(g, c) => g.div(c.input(0).add(1))],
  sqrt: [(g, c) => g.div(c.output(0).mul(2))],
  reciprocal: [(g, c) => g.mul(c.output(0).square()).neg()],
  square: [(g, c) => g.mul(c.input(0)).mul(2)],
  sin: [(g, c) => g.mul(c.input(0).cos())],
  cos: [(g, c) => g.mul(c.input(0).sin()).neg()],
  tan: [(g, c) => g.mul(c.output(0).square().add(1))],
  asin: [(g, c) => g.div(cosineOfArcsine(c.input(0)))],
  acos: [(g, c) => g.div(cosineOfArcsine(c.input(0))).neg()],
  atan: [(g, c) => g.div(c.input(0).square().add(1))],
  sinh: [(g, c) => g.mul(c.input(0).cosh())],
  cosh: [(g, c) => g.mul(c.input(0).sinh())],
  tanh: [(g, c) => g.mul(c.output(0).square().neg().add(1))],
  asinh: [(g, c) => g.div(c.input(0).hypot(1))],
  acosh: [(g, c) => g.div(c.input(0).sub(1).sqrt().mul(c.input(0).add(1).sqrt()))],
  atanh: [(g, c) => g.div(oneMinusSquare(c.input(0)))],
  sigmoid: [(g, c) => g.mul(c.output(0).mul(c.output(0).neg().add(1)))],
  relu: [(g, c) => g.reluGradient(c.input(0))],
  silu: [
    (g, c) => {
      const x = c.input(0);
      const s = x.sigmoid();
      return g.mul(s.mul(x.mul(s.neg().add(1)).add(1)));
    },
  ],
  gelu: [(g, c) => g.mul(geluDerivative(c.input(0)))],
  softplus: [(g, c) => g.mul(c.input(0).sigmoid())],
  erf: [(g, c) => g.mul(c.input(0).square().neg().exp().mul(TWO_OVER_SQRT_PI))],
  erfc: [(g, c) => g.mul(c.input(0).square().neg().exp().mul(-TWO_OVER_SQRT_PI))],
  floor: [zero],
  ceil: [zero],
  round: [zero],
  trunc: [zero],

  add: [(g, c) => g.sumTo(c.shape(0)), (g, c) => g.sumTo(c.shape(1))],
  sub: [(g, c) => g.sumTo(c.shape(0)), (g, c) => g.neg().sumTo(c.shape(1))],
  mul: [(g, c) => g.mul(c.input(1)).sumTo(c.shape(0)), (g, c) => g.mul(c.input(0)).sumTo(c.shape(1))],
  div: [
    (g, c) => g.div(c.input(1)).sumTo(c.shape(0)),
    (g, c) => g.mul(c.output(0)).div(c.input(1)).neg().sumTo(c.shape(1)),
  ],
  remainder: [(g, c) => g.sumTo(c.shape(0)), ofDivisor],
  fmod: [(g, c) => g.sumTo(c.shape(0)), ofDivisor],
  pow: [
    (g, c) => {
      // b·a^(b−1), which is 0 for a = b = 0: the exponent −1 must not appear there, but must where a ≠ 0, since the
      // derivative in b is 1/a. Where nobody asks for that, one exponent stays one: whole powers are products then.
      const a = c.input(0);
      const b = c.input(1);
      const above = where(b.equal(0), scalarLike(b, 1), b);
      const exponent = (b.size === 1 && !b.requiresGrad ? above : where(a.equal(0), above, b)).sub(1);
      return g.mul(b.mul(a.pow(exponent))).sumTo(c.shape(0));
    },
    (g, c) => {
      // a^b·ln a, whose limit is 0 for a = 0, b > 0: the logarithm of 0 must not appear there, nor for b = 0.
      const a = c.input(0);
      const safe = where(c.input(1).less(0), a, where(a.equal(0), scalarLike(a, 1), a));
      return g.mul(c.output(0).mul(safe.log())).sumTo(c.shape(1));
    },
  ],
  maximum: [
    (g, c) => g.mul(share(c.input(0).greater(c.input(1)), c.input(0).equal(c.input(1)), g)).sumTo(c.shape(0)),
    (g, c) => g.mul(share(c.input(1).greater(c.input(0)), c.input(0).equal(c.input(1)), g)).sumTo(c.shape(1)),
  ],
  minimum: [
    (g, c) => g.mul(share(c.input(0).less(c.input(1)), c.input(0).equal(c.input(1)), g)).sumTo(c.shape(0)),
    (g, c) => g.mul(share(c.input(1).less(c.input(0)), c.input(0).equal(c.input(1)), g)).sumTo(c.shape(1)),
  ],
  // ∂/∂a = b/(a² + b²) and ∂/∂b = −a/(a² + b²): NaN where both are 0. In two steps, since squares overflow.
  atan2: [
    (g, c) => g.mul(alongHypotenuse(c, 1)).sumTo(c.shape(0)),
    (g, c) => g.mul(alongHypotenuse(c, 0)).neg().sumTo(c.shape(1)),
  ],
  hypot: [
    (g, c) => g.mul(c.input(0).div(c.output(0))).sumTo(c.shape(0)),
    (g, c) => g.mul(c.input(1).div(c.output(0))).sumTo(c.shape(1)),
  ],
  reluGradient: [(g, c) => g.reluGradient(c.input(1)).sumTo(c.shape(0)), zero],

  equal: constant,
  notEqual: constant,
  less: constant,
  lessEqual: constant,
  greater: constant,
  greaterEqual: constant,

  where: [
    undefined,
    (g, c) => where(c.input(0), g, scalarLike(g, 0)).sumTo(c.shape(1)),
    (g, c) => where(c.input(0), scalarLike(g, 0), g).sumTo(c.shape(2)),
  ],
  cast: [(g, c) => g.cast(c.dtype(0))],
  broadcast: [(g, c) => g.sumTo(c.shape(0))],
  bernoulli: constant,
};
