import type { Executor } from '../executor.js';
import type { Convolution, KernelFields, KernelName } from '../generated/tasks.js';
import type { Workspace } from '../workspace.js';

type ConvolutionName = {
  [Name in KernelName]: KernelFields[Name] extends Convolution ? Name : never;
}[KernelName];

/**
 * Packs the weights of a convolution in a workspace, then computes with them.
 *
 * @param fields of both kernels; the address of the packed weights is filled in
 */
export function runPacked<Pack extends ConvolutionName, Compute extends ConvolutionName>(
  executor: Executor,
  workspace: Workspace,
  [pack, compute]: readonly [pack: Pack, compute: Compute],
  fields: KernelFields[Pack] & KernelFields[Compute],
): void {
  fields.shared = workspace.reserve(executor.sharedBytes(pack, fields)).pointer;
  executor.run(pack, fields);
  executor.run(compute, fields);
}
