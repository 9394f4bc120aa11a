import { type ChannelStatistics, type Module, noGrad, type Shape, scope, sizeOf, trace, zeros } from '@pnn/nn';
import { PlanError } from '../errors.js';
import { constantsOf } from './constants.js';
import { lower } from './lower.js';
import type { Program } from './program.js';

/** Factor and shift of every element, for x ↦ (x − mean)/std by channel. */
function normalizing(shape: Shape, { mean, std }: ChannelStatistics): { factors: Float64Array; shift: Float64Array } {
  const size = sizeOf(shape);
  const channels = mean.length;
  if (channels === 0 || std.length !== channels || size % channels !== 0) {
    throw new PlanError(
      `a normalization of ${channels} channels for inputs of ${size} numbers: pass that of the network`,
    );
  }
  const channelOf = (i: number) => Math.floor(i / (size / channels));
  const factors = Float64Array.from({ length: size }, (_, i) => 1 / std[channelOf(i)]!);
  return { factors, shift: factors.map((factor, i) => -factor * mean[channelOf(i)]!) };
}

/**
 * A network as affine maps and polynomials, by a trace of its evaluation; the network stays as it is.
 *
 * @param inputShape of one sample, such as [1, 28, 28]
 * @param normalization that samples have before the network sees them; it becomes a part of the first map
 * @throws PlanError where it computes anything else: names the layer and what to do
 */
export async function programOf(
  network: Module,
  inputShape: Shape,
  normalization?: ChannelStatistics | null,
): Promise<Program> {
  const training = [...network.namedModules()].filter(([, module]) => module.training);
  network.eval();
  try {
    const graph = scope(() => noGrad(() => trace(network, [zeros([1, ...inputShape])])));
    try {
      if (graph.readsValues) {
        throw new PlanError('the network reads numbers that it has computed and decides by them: a server cannot');
      }
      return lower(graph, await constantsOf(graph), normalization ? normalizing(inputShape, normalization) : undefined);
    } finally {
      graph.dispose();
    }
  } finally {
    for (const [, module] of training) module.training = true;
  }
}
