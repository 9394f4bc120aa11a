import type { TypedArray } from '../../../dtype.js';
import type { Kernels, RandomStream } from '../../../kernels.js';
import { drawForShard, Generator } from '../../../random.js';
import { values } from '../../host/host.js';

/** Fills an array with numbers of the stream, uniform in [0, 1). */
export function drawUniform(target: TypedArray, stream: RandomStream): void {
  const generator = Generator.restore({ ...stream, spareNormal: null });
  // A float32 has 24 bits: more would round up to 1.
  const levels = target instanceof Float32Array ? 2 ** 24 : 2 ** 32;
  drawForShard(stream.shard, () => {
    for (let i = 0; i < target.length; i++) target[i] = Math.floor(generator.uniform() * levels) / levels;
  });
}

/** Fills an array with `scale`, with the given probability, and 0. */
export function drawBernoulli(target: TypedArray, probability: number, scale: number, stream: RandomStream): void {
  const generator = Generator.restore({ ...stream, spareNormal: null });
  drawForShard(stream.shard, () => {
    for (let i = 0; i < target.length; i++) target[i] = generator.uniform() < probability ? scale : 0;
  });
}

export const random: Pick<Kernels, 'uniform' | 'bernoulli'> = {
  uniform: (out, stream) => drawUniform(values(out), stream),
  bernoulli: (out, probability, scale, stream) => drawBernoulli(values(out), probability, scale, stream),
};
