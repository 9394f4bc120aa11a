import {
  ArgumentError,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Module,
  noGrad,
  type Shape,
  trace,
  zeros,
} from '@pnn/nn';

/** Operators that move, add or average: an average is a factor that the next layer's weights take in. */
const FREE: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'reshape',
  'permute',
  'sum',
  'averagePool2d',
  'pad',
  'slice',
  'concat',
  'neg',
]);

/** Levels that a node adds to those of its inputs; undefined for what a ciphertext does not do. */
function levelsOf(node: GraphNode, isKnown: readonly boolean[], polynomials: readonly number[], index: number) {
  if (node.operator === 'polynomial') return polynomials[index];
  if (node.operator === 'conv2d' || node.operator === 'matmul') return 1;
  // Normalization by known numbers is folded into the linear layer beside it.
  if ((node.operator === 'mul' || node.operator === 'div') && isKnown[1]) return 0;
  if (node.operator === 'mul') return isKnown[0] ? 0 : 1;
  return FREE.has(node.operator) ? 0 : undefined;
}

/**
 * The levels of a whole network on a ciphertext, on its longest path: one for every convolution and linear layer, and those
 * of the polynomials. Normalization and averages are taken to be folded into the layers beside them.
 *
 * @param polynomials the levels of each polynomial activation, in the order in which they run
 * @throws ArgumentError where the network computes what a ciphertext cannot
 */
export function networkDepth(network: Module, inputShape: Shape, polynomials: readonly number[]): number {
  const graph = noGrad(() => trace(network, [zeros([1, ...inputShape])]));
  try {
    return depthOf(graph, polynomials);
  } finally {
    graph.dispose();
  }
}

function depthOf({ inputs, nodes, outputs }: Graph, polynomials: readonly number[]): number {
  const depths = new Map<GraphValue, number>(inputs.map((input) => [input, 0]));
  let index = 0;
  for (const node of nodes) {
    const known = node.inputs.map((value) => value === undefined || !depths.has(value));
    if (known.every(Boolean)) continue;
    const levels = levelsOf(node, known, polynomials, index);
    if (levels === undefined) {
      throw new ArgumentError(
        `networkDepth: ${node.module?.path ?? 'the network'} computes ${node.operator}, which a ciphertext does not: use polynomial activations and average pooling`,
      );
    }
    if (node.operator === 'polynomial') index++;
    const before = Math.max(...node.inputs.map((value) => (value && depths.get(value)) ?? 0));
    for (const output of node.outputs) depths.set(output, before + levels);
  }
  return Math.max(...outputs.map((output) => depths.get(output) ?? 0));
}
