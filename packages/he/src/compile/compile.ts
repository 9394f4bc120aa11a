import { type Module, noGrad, type Shape, scope, trace, zeros } from '@pnn/nn';
import { PlanError } from '../errors.js';
import { constantsOf } from './constants.js';
import { lower } from './lower.js';
import type { Program } from './program.js';

/**
 * A network as affine maps and polynomials, by a trace of its evaluation; the network stays as it is.
 *
 * @param inputShape of one sample, such as [1, 28, 28]
 * @throws PlanError where it computes anything else: names the layer and what to do
 */
export async function programOf(network: Module, inputShape: Shape): Promise<Program> {
  const training = [...network.namedModules()].filter(([, module]) => module.training);
  network.eval();
  try {
    const graph = scope(() => noGrad(() => trace(network, [zeros([1, ...inputShape])])));
    try {
      if (graph.readsValues) {
        throw new PlanError('the network reads numbers that it has computed and decides by them: a server cannot');
      }
      return lower(graph, await constantsOf(graph));
    } finally {
      graph.dispose();
    }
  } finally {
    for (const [, module] of training) module.training = true;
  }
}
