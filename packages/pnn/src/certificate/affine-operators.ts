import {
  ArgumentError,
  apply,
  type GraphNode,
  type Operator,
  type OperatorName,
  operators,
  type Tensor,
} from '@pnn/nn';

/** The tensor of each input of a node; undefined for an optional input that is missing. */
export type Inputs = readonly (Tensor | undefined)[];

/** Which inputs of a node depend on the input of the network. */
export type Varies = readonly boolean[];

/** The first output of an operator of the engine. */
export function applyNode(node: GraphNode, inputs: Inputs): Tensor[] {
  if (node.operator === 'custom') return [...node.compute(inputs)];
  return [...apply(operators[node.operator] as unknown as Operator, inputs as Tensor[], node.attributes as unknown)];
}

/** Operators that move elements or add them up, with no weights that could be negative. */
const STRUCTURAL: ReadonlySet<OperatorName> = new Set<OperatorName>([
  'reshape',
  'clone',
  'permute',
  'slice',
  'pad',
  'concat',
  'sum',
  'averagePool2d',
]);

/** Whether a node is an affine function of the inputs that vary. */
export function isAffine(node: GraphNode, varies: Varies): boolean {
  const { operator } = node;
  if (operator === 'custom' || node.inPlace) return false;
  if (STRUCTURAL.has(operator) || operator === 'neg' || operator === 'add' || operator === 'sub') return true;
  if (operator === 'conv2d' || operator === 'div') return varies.findLastIndex(Boolean) === 0;
  return (operator === 'mul' || operator === 'matmul') && varies.filter(Boolean).length === 1;
}

/** @throws ArgumentError that says which layer is none that bounds are known of */
export function refuseNode(node: GraphNode): never {
  const name = node.operator === 'custom' ? node.name : node.operator;
  const place = node.module ? `layer ${node.module.path} (${node.module.type})` : 'the network';
  throw new ArgumentError(
    `certify: ${place} computes ${name}, of which no bounds are known: certified are networks of linear layers, convolutions, BatchNorm, average pooling, sums and polynomials`,
  );
}

/**
 * What becomes of sizes: the node with every weight replaced by its size. A bound on |x| becomes one on |node(x) − node(0)|,
 * or, with the constants that are added, on |node(x)|.
 *
 * @param withConstants whether constants that are added count with their sizes, or as 0
 */
export function absolute(node: GraphNode, inputs: Inputs, varies: Varies, withConstants: boolean): Tensor {
  const sizes = inputs.map((input) => input?.abs());
  const added = (i: number) => (varies[i] || withConstants ? sizes[i]! : sizes[i]!.mul(0));
  switch (node.operator) {
    case 'neg':
      return sizes[0]!;
    case 'add':
    case 'sub':
      return added(0).add(added(1));
    case 'concat':
      return applyNode(
        node,
        sizes.map((_, i) => added(i)),
      )[0]!;
    case 'conv2d':
      return applyNode(node, [sizes[0], sizes[1], withConstants ? sizes[2] : undefined])[0]!;
    case 'pad':
      return applyNode(
        { ...node, attributes: { ...node.attributes, value: withConstants ? Math.abs(node.attributes.value) : 0 } },
        sizes,
      )[0]!;
    default:
      return applyNode(node, sizes)[0]!;
  }
}

/**
 * How many roundings an element goes through, forward or backward: the terms of its sum, and a few.
 * The kernels of the device `wasm` compute 3×3 convolutions by Winograd's method, whose transforms round on the way: for them the
 * count is 64 times as large, which covers the errors that were measured, not those of the worst case.
 */
export function roundingsOf(node: GraphNode, inputs: Inputs): number {
  switch (node.operator) {
    case 'conv2d': {
      const [filters = 1, channels = 1, height = 1, width = 1] = inputs[1]!.shape;
      const terms = Math.max(filters, channels) * height * width + 2;
      return height === 3 && width === 3 ? 64 * terms : terms;
    }
    case 'matmul':
      return Math.max(...inputs[1]!.shape, ...inputs[0]!.shape.slice(1)) + 2;
    case 'sum':
      return inputs[0]!.shape.slice(node.attributes.first, node.attributes.end).reduce((n, size) => n * size, 1);
    case 'averagePool2d':
      return node.attributes.kernel[0] * node.attributes.kernel[1] + 1;
    default:
      // Factors and summands of normalization are computed from what is stored: up to 7 roundings before their own.
      return STRUCTURAL.has(node.operator as OperatorName) ? 0 : 8;
  }
}
