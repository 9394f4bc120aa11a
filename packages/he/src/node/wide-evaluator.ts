import { compileWide, compileWideObstacle } from '@pnn/nn/node';
import { chooseModule, compile, isModuleChosen, PlatformError } from '../evaluator/kernels.js';
import { sampleBits } from './kernel-sample.js';

/**
 * Has V8 join two vectors of 128 bits to one of 256 in the kernels of every `WasmEvaluator` that is made from now on: rotations take
 * about two thirds of the time. V8 calls the pass experimental, so it is a choice, and most kernels are tried first: where any bit
 * differs, a line on stderr says so, and all goes on with 128 bits. Servers of `serve` do this by themselves where it is
 * possible: with Node 24 or later on a processor with AVX2, where the system tells that it has it (Linux does), unless the
 * environment variable PNN_SIMD is 128. Another call changes nothing.
 *
 * @returns whether kernels compute with 256 bits from now on
 * @throws PlatformError where that is not possible, with the reason
 * @throws ArgumentError where the environment variable PNN_SIMD is neither 128 nor 256
 */
export function enableWideEvaluator(): boolean {
  const obstacle = compileWideObstacle();
  if (obstacle !== undefined) throw new PlatformError(`enableWideEvaluator: ${obstacle}`);
  if (isModuleChosen()) return true;
  const module = compileWide(() => compile('relaxedSimd'));
  if (Buffer.compare(sampleBits(compile('relaxedSimd')), sampleBits(module)) === 0) {
    chooseModule(module);
    return true;
  }
  console.error('WasmEvaluator: kernels compute with 128 bits: with 256, they give other bits');
  return false;
}
