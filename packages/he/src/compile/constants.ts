import {
  apply,
  type DType,
  type Graph,
  type GraphNode,
  type GraphValue,
  isFloat,
  noGrad,
  type Operator,
  type OperatorName,
  operators,
  reference,
  type Shape,
  scope,
  sizeOf,
  type Tensor,
  tensor,
} from '@pnn/nn';

/** A tensor that does not depend on the input of the network; floating numbers are in double precision. */
export interface Constant {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly elements: ArrayLike<number>;
}

/** The constants of a graph, from whichever device they are on. */
export async function constantsOf(graph: Graph): Promise<Map<GraphValue, Constant>> {
  const read = graph.constants.map(async ({ tensor: { shape, dtype }, ...constant }, i) => {
    const elements = await graph.constants[i]!.tensor.data();
    return [graph.constants[i]!, { ...constant, shape, dtype: isFloat(dtype) ? 'float64' : dtype, elements }] as const;
  });
  return new Map(await Promise.all(read));
}

function tensorOf({ shape, dtype, elements }: Constant): Tensor {
  return tensor(Array.from(elements), { dtype, shape, device: reference });
}

function call(name: OperatorName, inputs: readonly (Tensor | undefined)[], attributes: unknown): readonly Tensor[] {
  return apply(operators[name] as unknown as Operator, inputs as Tensor[], attributes);
}

/** What a node computes of constants. */
export function computedConstants(node: GraphNode, inputs: readonly (Constant | undefined)[]): Constant[] {
  return scope(() =>
    noGrad(() => {
      const tensors = inputs.map((input) => input && tensorOf(input));
      const attributes =
        node.operator === 'cast' && isFloat(node.attributes.dtype) ? { dtype: 'float64' } : node.attributes;
      const outputs = node.operator === 'custom' ? node.compute(tensors) : call(node.operator, tensors, attributes);
      return outputs.map((output) => ({
        shape: output.shape,
        dtype: output.dtype,
        elements: output.dataSync().slice(),
      }));
    }),
  );
}

/** A tensor of this shape whose elements are their own places, from `first` on. */
function counted(shape: Shape, first = 0): Tensor {
  return tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => first + i),
    { dtype: 'int32', shape, device: reference },
  );
}

/** From where each element comes that an operator moves, −1 where from nowhere: the operator moves the places themselves. */
export function movedPlaces(node: GraphNode, shapes: readonly Shape[], index?: Constant): Int32Array {
  return scope(() =>
    noGrad(() => {
      let first = 0;
      const places = shapes.map((shape) => {
        const count = counted(shape, first);
        first += count.size;
        return count;
      });
      const attributes = node.operator === 'pad' ? { ...node.attributes, value: -1 } : node.attributes;
      const inputs = index ? [...places, tensorOf(index)] : places;
      return Int32Array.from(call(node.operator as OperatorName, inputs, attributes)[0]!.dataSync());
    }),
  );
}

/** Which element of an operand goes to each element when it is broadcast. */
export function broadcastPlaces(from: Shape, to: Shape): Int32Array {
  return scope(() => noGrad(() => Int32Array.from(counted(from).broadcastTo(to).dataSync())));
}
