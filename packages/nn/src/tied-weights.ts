import { type HostArray, sameShape, Tensor } from '@pnn/tensor';

function haveSameElements(a: Tensor | HostArray, b: Tensor | HostArray): boolean {
  if (a === b) return true;
  // Elements of tensors may still be on their way.
  if (a instanceof Tensor || b instanceof Tensor) return false;
  return a.dtype === b.dtype && sameShape(a.shape, b.shape) && a.data.every((value, i) => Object.is(value, b.data[i]));
}

/**
 * The state with tensors that a module holds twice under the first of their names alone, which is how the module calls
 * them. A second name stays, and so is unexpected, where it stands for other elements.
 *
 * @param own the tensors of the module under their first names
 * @param everyName all names that lead to them
 */
export function underFirstNames(
  own: ReadonlyMap<string, Tensor>,
  everyName: readonly (readonly [name: string, tensor: Tensor])[],
  state: ReadonlyMap<string, Tensor | HostArray>,
): ReadonlyMap<string, Tensor | HostArray> {
  if (everyName.length === own.size) return state;
  const firstNames = new Map(Array.from(own, ([name, tensor]) => [tensor, name]));
  const renamed = new Map(state);
  for (const [name, tensor] of everyName) {
    const first = firstNames.get(tensor)!;
    const source = renamed.get(name);
    if (name === first || !source) continue;
    const other = renamed.get(first);
    if (other && !haveSameElements(other, source)) continue;
    renamed.set(first, source);
    renamed.delete(name);
  }
  return renamed;
}
