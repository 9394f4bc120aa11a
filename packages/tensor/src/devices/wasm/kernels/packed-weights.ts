import type { Executor } from '../executor.js';
import type { KernelName } from '../instance.js';
import type { Workspace } from '../workspace.js';

/**
 * Packs the weights of a convolution in a workspace, then computes with them.
 *
 * @param fieldsWith the fields of both kernels, by the address of the packed weights
 */
export function runPacked(
  executor: Executor,
  workspace: Workspace,
  [pack, compute]: readonly [pack: KernelName, compute: KernelName],
  fieldsWith: (packed: number) => readonly number[],
): void {
  const packed = workspace.reserve(executor.sharedBytes(pack, fieldsWith(0)));
  const fields = fieldsWith(packed.pointer);
  executor.run(pack, fields);
  executor.run(compute, fields);
}
