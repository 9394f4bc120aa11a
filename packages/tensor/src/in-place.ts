import { noteChanging } from './effects.js';
import type { Kernels } from './kernels.js';
import type { Tensor } from './tensor.js';
import { activeTracer } from './tracer.js';

/**
 * Launches a kernel that changes the elements of the tensor in place: a gradient that still needs the old ones will
 * refuse to run. No history knows of the new elements, so this is for tensors that were not computed from others:
 * parameters, gradients, statistics. Nor does a graph: a trace refuses to go on.
 *
 * @param launch runs a kernel of the tensor's device whose description says that it changes this operand in place
 */
export function updateInPlace(tensor: Tensor, launch: (kernels: Kernels) => void): void {
  noteChanging(tensor);
  activeTracer()?.changingUnseen(tensor);
  launch(tensor.device.kernels);
  tensor.buffer.version++;
}
