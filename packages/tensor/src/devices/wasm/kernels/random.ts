import type { Kernels, Operand, RandomStream } from '../../../kernels.js';
import { hashName } from '../../../random.js';
import { values } from '../../host/host.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';

/** Random numbers of float32, the same as those of `reference`, which has the other types. */
export function randomKernels(executor: Executor): Pick<Kernels, 'uniform' | 'bernoulli'> {
  const fieldsOf = (out: Operand, { position, stream, seed, shard }: RandomStream) => ({
    out: addressOf(out),
    size: out.size,
    position,
    name: hashName(stream),
    seed,
    shard,
  });

  return {
    uniform(out, random) {
      if (out.dtype !== 'float32') reference.kernels.uniform(out, random);
      else executor.run('uniform', fieldsOf(out, random));
    },
    bernoulli(out, probability, scale, random) {
      if (out.dtype !== 'float32') {
        reference.kernels.bernoulli(out, probability, scale, random);
        return;
      }
      // A word w counts where w/2^32 is below the probability.
      const successes = Math.min(2 ** 32, Math.ceil(probability * 2 ** 32));
      if (successes > 0)
        executor.run('bernoulli', Object.assign(fieldsOf(out, random), { last: successes - 1, scale }));
      else values(out).fill(0);
    },
  };
}
