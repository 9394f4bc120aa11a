import { ArgumentError, formatShape, ShapeError, type Tensor, where } from '@pnn/tensor';

/** x where it is positive, slope·x elsewhere; the derivative at 0 is the slope. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  return where(x.greater(0), x, x.mul(negativeSlope));
}

/** The part of x that is 0 or less, whose derivative at 0 is 1: exponentials of it do not overflow. */
function negativePart(x: Tensor): Tensor {
  return x.clamp(Number.NEGATIVE_INFINITY, 0);
}

/**
 * x where it is positive, α·(e^x − 1) elsewhere (Clevert et al., arXiv 1511.07289); the derivative at 0 is α.
 *
 * @param alpha α
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  return where(x.greater(0), x, negativePart(x).expm1().mul(alpha));
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** λ·x where x is positive, λ·α·(e^x − 1) elsewhere, with λ and α of Klambauer et al., arXiv 1706.02515. */
export function selu(x: Tensor): Tensor {
  const negative = negativePart(x)
    .expm1()
    .mul(SELU_SCALE * SELU_ALPHA);
  return where(x.greater(0), x.mul(SELU_SCALE), negative);
}

/**
 * x where it is positive, α·(e^(x/α) − 1) elsewhere (Barron, arXiv 1704.07483); the derivative at 0 is 1.
 *
 * @param alpha α
 * @throws ArgumentError where α is not positive
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  if (!(alpha > 0)) throw new ArgumentError(`celu: alpha must be positive, not ${alpha}`);
  return where(x.greater(0), x, negativePart(x).div(alpha).expm1().mul(alpha));
}

/**
 * x where it is positive, w·x elsewhere (He et al., arXiv 1502.01852); the derivative at 0 is w.
 *
 * @param weight w, one number or one for each channel: [1] or [C] for x [N,C,…]
 * @throws ShapeError where the weight has another shape
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const channels = x.rank > 1 ? x.shape[1]! : 1;
  if (weight.rank !== 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(
      `prelu: weight ${formatShape(weight.shape)} for ${formatShape(x.shape)}: it must be [1], or [${channels}] with ` +
        'a number for each channel',
    );
  }
  const slope = weight.reshape(x.shape.map((_, axis) => (axis === 1 ? weight.size : 1)));
  return where(x.greater(0), x, x.mul(slope));
}

/**
 * x limited to [low, high]; the derivative at the limits is 0, where that of `clamp` is 1.
 *
 * @throws ArgumentError where low is not below high
 */
export function hardtanh(x: Tensor, low = -1, high = 1): Tensor {
  if (!(low < high)) throw new ArgumentError(`hardtanh: low must be below high, not ${low} and ${high}`);
  const limited = x.detach().clamp(low, high);
  return where(x.greater(low), where(x.less(high), x, limited), limited);
}

/** min(max(x, 0), 6); the derivatives at 0 and 6 are 0. */
export function relu6(x: Tensor): Tensor {
  return hardtanh(x, 0, 6);
}

/** min(max(x + 3, 0), 6)/6, a sigmoid of straight lines. */
export function hardsigmoid(x: Tensor): Tensor {
  return relu6(x.add(3)).div(6);
}

/** x·min(max(x + 3, 0), 6)/6 (Howard et al., arXiv 1905.02244). */
export function hardswish(x: Tensor): Tensor {
  return x.mul(x.add(3).clamp(0, 6)).div(6);
}

/** x/(1 + |x|). */
export function softsign(x: Tensor): Tensor {
  return x.div(x.abs().add(1));
}

/** x·tanh(softplus(x)) (Misra, arXiv 1908.08681). */
export function mish(x: Tensor): Tensor {
  return x.mul(x.softplus().tanh());
}

/** ln sigmoid(x) = −softplus(−x), without overflow. */
export function logSigmoid(x: Tensor): Tensor {
  return x.neg().softplus().neg();
}

/** ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), close to GELU (Hendrycks & Gimpel, arXiv 1606.08415). */
export function geluTanh(x: Tensor): Tensor {
  const inner = x
    .square()
    .mul(0.044715)
    .add(1)
    .mul(x)
    .mul(Math.sqrt(2 / Math.PI));
  return inner.tanh().add(1).mul(x).mul(0.5);
}
