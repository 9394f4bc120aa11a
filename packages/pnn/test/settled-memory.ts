import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MemoryUse, memory } from '@pnn/nn';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * What is alive once the tensors that earlier tests have forgotten are gone, so that the garbage collector does not take
 * them in the middle of a measurement.
 */
export async function settledMemory(): Promise<MemoryUse> {
  for (let before = -1; before !== memory().tensors; ) {
    before = memory().tensors;
    collectGarbage();
    // Finalizers run in tasks of their own.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return memory();
}
