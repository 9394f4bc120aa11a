import { sharedOperator } from '@pnn/autograd';
import { apply, concat, operators, type Shape, type Tensor } from '@pnn/tensor';
import { normalizeBy } from './normalization.js';

/** Statistics of a whole batch, of which each process has shards. */
interface BatchStatistics {
  /** [C] */
  readonly mean: Tensor;
  /** [C], biased. */
  readonly variance: Tensor;
  /** The number of values of a channel in the whole batch. */
  readonly count: number;
  readonly epsilon: number;
}

/** The shape in which one number for each channel broadcasts over [N,C,…]. */
const perChannel = (x: Tensor): Shape => x.shape.map((length, axis) => (axis === 1 ? length : 1));

/**
 * (x − μ)/σ·γ + β of a shard x [N,C,…], with the mean μ and the deviation σ = √(variance + ε) of the whole batch of M values in
 * a channel. With g the gradient of the output and sums over all shards, the gradient of x is
 * γ/σ·(g − Σg/M − (x − μ)/σ²·Σg(x − μ)/M), that of γ and β of this shard Σg(x − μ)/σ and Σg over the shard (Ioffe & Szegedy,
 * arXiv 1502.03167, section 3).
 */
export const sharedBatchNorm = sharedOperator<BatchStatistics>({
  name: 'sharedBatchNorm',
  forward: ([x, gamma, beta], { mean, variance, epsilon }) => normalizeBy(x!, mean, variance, gamma, beta, epsilon),
  own(gradient, call) {
    const { mean, variance, epsilon } = call.attributes;
    const inputs = [gradient, call.input(0), call.optionalInput(1), mean, variance] as const;
    const [, ofGamma, ofBeta] = apply(operators.batchNormGradient, inputs, { epsilon });
    return concat([ofGamma!, ofBeta!]);
  },
  gradients(gradient, call, own, total) {
    const { mean, variance, count, epsilon } = call.attributes;
    const x = call.input(0);
    const gamma = call.optionalInput(1);
    const channels = mean.size;
    const [ofGamma, ofBeta] = [own.slice([[0, channels]]), own.slice([[channels]])];
    const [totalOfGamma, totalOfBeta] = [total.slice([[0, channels]]), total.slice([[channels]])];
    const inverse = variance.add(epsilon).rsqrt();
    const scale = gamma ? inverse.mul(gamma) : inverse;
    const shape = perChannel(x);
    const spread = (each: Tensor) => each.reshape(shape);
    const slope = inverse.mul(totalOfGamma).div(count);
    const ofX = gradient
      .sub(spread(totalOfBeta.div(count)))
      .sub(x.sub(spread(mean)).mul(spread(slope)))
      .mul(spread(scale));
    return [ofX, gamma && ofGamma, call.optionalInput(2) && ofBeta];
  },
});
