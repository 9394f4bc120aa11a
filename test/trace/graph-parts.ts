import { type Graph, type GraphNode, operator, type Tensor, tensor } from '@pnn/nn';

/** The names of the operators of a graph, in order; of a custom one its own. */
export const operatorsOf = (graph: Graph) =>
  graph.nodes.map((node) => (node.operator === 'custom' ? node.name : node.operator));

/** Where the constants of a graph come from. */
export const originsOf = (graph: Graph) => graph.constants.map(({ origin }) => origin);

/** The first node of an operator. */
export function nodeOf<Name extends GraphNode['operator']>(
  graph: Graph,
  name: Name,
): Extract<GraphNode, { operator: Name }> {
  return graph.nodes.find((node) => node.operator === name) as Extract<GraphNode, { operator: Name }>;
}

export const row = (...numbers: number[]) => tensor(numbers);

/** An operator of the program, with attributes that are an object. */
export const operatorOfAxes = operator<readonly [Tensor], { readonly axes: readonly number[] }>({
  name: 'exchange',
  infer: ([x], { axes }) => [{ shape: axes.map((axis) => x.shape[axis]!), dtype: x.dtype }],
  launch: (kernels, [x], [out], { axes }) => kernels.permute(x, out!, axes),
});
