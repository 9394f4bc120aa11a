import type { Kernels, Operand, RandomStream } from '../../../kernels.js';
import { hashName } from '../../../random.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';

const GROUP = 256;

/** An element is made of word `position + index` of the stream. */
const drawing = kernel('random', ({ name }: { name: 'uniform' | 'bernoulli' }) => ({
  reads: {},
  writes: { out: 'f32' },
  parameters: {
    count: 'u32',
    positionLow: 'u32',
    positionHigh: 'u32',
    stream: 'u32',
    shard: 'u32',
    seedLow: 'u32',
    seedHigh: 'u32',
    threshold: 'u32',
    always: 'u32',
    scale: 'f32',
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let low = p.positionLow + index;
let high = p.positionHigh + select(0u, 1u, low < index);
let counter = vec4<u32>((low >> 2u) | (high << 30u), high >> 2u, p.stream, p.shard);
let word = philox(counter, vec2<u32>(p.seedLow, p.seedHigh))[low & 3u];
${
  name === 'uniform'
    ? 'out[index] = f32(word >> 8u) * 5.9604644775390625e-8;'
    : 'out[index] = select(0.0, p.scale, word < p.threshold || p.always == 1u);'
}`,
}));

const high = (value: number): number => Math.floor(value / 2 ** 32);

/** Random numbers, with the bits of every other device. */
export function randomKernels(executor: Executor): Pick<Kernels, 'uniform' | 'bernoulli'> {
  const draw = (
    name: 'uniform' | 'bernoulli',
    out: Operand,
    { seed, stream, position, shard }: RandomStream,
    probability: number,
    scale: number,
  ): void => {
    // word/2^32 < p where word < ⌈p·2^32⌉.
    const threshold = Math.ceil(probability * 2 ** 32);
    executor.run(
      drawing,
      { name },
      {
        reads: [],
        writes: [out],
        parameters: {
          count: out.size,
          positionLow: position,
          positionHigh: high(position),
          stream: hashName(stream),
          shard,
          seedLow: seed,
          seedHigh: high(seed),
          threshold,
          always: threshold >= 2 ** 32 ? 1 : 0,
          scale,
        },
        groups: Math.ceil(out.size / GROUP),
      },
    );
  };
  return {
    uniform: (out, stream) => draw('uniform', out, stream, 0, 0),
    bernoulli: (out, probability, scale, stream) => draw('bernoulli', out, stream, probability, scale),
  };
}
