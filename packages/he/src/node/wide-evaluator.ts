import { compileWide, compileWideObstacle } from '@pnn/nn/node';
import { chooseModule, compile, PlatformError } from '../evaluator/kernels.js';
import { sampleBits } from './kernel-sample.js';

let trial: { readonly module: WebAssembly.Module | undefined } | undefined;

/**
 * The kernels with two vectors of 128 bits joined to one of 256; undefined where a bit of what they compute is another one, which a line
 * on stderr says. They are compiled and tried once in a process, where that is possible.
 */
export function wideModule(): WebAssembly.Module | undefined {
  if (!trial) {
    const module = compileWide(() => compile('relaxedSimd'));
    const isSame = Buffer.compare(sampleBits(compile('relaxedSimd')), sampleBits(module)) === 0;
    if (!isSame) console.error('WasmEvaluator: kernels compute with 128 bits: with 256, they give other bits');
    trial = { module: isSame ? module : undefined };
  }
  return trial.module;
}

/**
 * Has V8 join two vectors of 128 bits to one of 256 in the kernels of every `WasmEvaluator` that is made from now on: rotations take
 * about two thirds of the time. V8 calls the pass experimental, so it is a choice, and all kernels are tried first: where any bit
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
  const module = wideModule();
  if (!module) return false;
  chooseModule(module);
  return true;
}
