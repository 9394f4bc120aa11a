import {
  checkHostArray,
  type DType,
  formatShape,
  type HostArray,
  isFloat,
  PnnError,
  type Shape,
  sameShape,
  scope,
  Tensor,
  updateInPlace,
} from '@pnn/tensor';

/** A state dict does not fit what it is loaded into: names are missing or unexpected, or shapes, types or values differ. */
export class StateDictError extends PnnError {
  override readonly name = 'StateDictError';
}

/** How a state dict is loaded. */
export interface LoadStateOptions {
  /**
   * Whether every name must be there and no other.
   *
   * @default true
   */
  readonly strict?: boolean;
  /**
   * Whether tensors of another float type are converted, such as float64 to float32; otherwise they do not fit.
   *
   * @default false
   */
  readonly cast?: boolean;
  /**
   * By which names the state calls the tensors: those of the module, or what PyTorch calls them (see `pyTorchName`).
   *
   * @default 'own'
   */
  readonly names?: 'own' | 'pytorch';
}

/**
 * Everything about the tensors of a state that does not fit.
 *
 * @param operation named where a host array contradicts itself
 * @param expected shape and type by name
 * @param options.strict whether every name must be there and no other
 * @param options.cast whether one float type is as good as another
 * @throws DTypeError, ShapeError or ArgumentError where the parts of a host array do not fit each other
 */
export function stateProblems(
  operation: string,
  expected: ReadonlyMap<string, { readonly shape: Shape; readonly dtype: DType }>,
  state: ReadonlyMap<string, Tensor | HostArray>,
  { strict = true, cast = false }: LoadStateOptions = {},
): string[] {
  const problems: string[] = [];
  const missing = [...expected.keys()].filter((name) => !state.has(name));
  const unexpected = [...state.keys()].filter((name) => !expected.has(name));
  if (strict && missing.length > 0) problems.push(`missing: ${missing.join(', ')}`);
  if (strict && unexpected.length > 0) problems.push(`unexpected: ${unexpected.join(', ')}`);
  for (const [name, { shape, dtype }] of expected) {
    const source = state.get(name);
    if (!source) continue;
    if (!(source instanceof Tensor)) checkHostArray(`${operation}: ${name}`, source);
    else if (source.disposed) problems.push(`${name} was freed`);
    const fits = source.dtype === dtype || (cast && isFloat(source.dtype) && isFloat(dtype));
    if (sameShape(source.shape, shape) && fits) continue;
    problems.push(`${name} is ${source.dtype} ${formatShape(source.shape)} instead of ${dtype} ${formatShape(shape)}`);
  }
  return problems;
}

/** Copies the elements of a tensor, or of plain data, into a tensor of the same shape, converted to its type. */
export function assignState(target: Tensor, source: Tensor | HostArray): void {
  if (source instanceof Tensor) {
    scope(() => target.assign(source.dtype === target.dtype ? source : source.cast(target.dtype)));
    return;
  }
  // Straight into its place, for there may be no room for as much again.
  updateInPlace(target, () => target.device.memory.write(target, source.data));
}

/**
 * Copies of tensors as plain data, once they are computed; plain data stays as it is. All are asked for at once, so that
 * they are of one moment, whatever becomes of the tensors meanwhile.
 *
 * @param prefix put before every name
 */
export async function toHostArrays(
  tensors: ReadonlyMap<string, Tensor | HostArray>,
  prefix = '',
): Promise<Map<string, HostArray>> {
  const arrays = [...tensors].map(async ([name, value]): Promise<[string, HostArray]> => {
    if (!(value instanceof Tensor)) return [prefix + name, value];
    const { shape, dtype } = value;
    return [prefix + name, { shape, dtype, data: await value.data() }];
  });
  return new Map(await Promise.all(arrays));
}
