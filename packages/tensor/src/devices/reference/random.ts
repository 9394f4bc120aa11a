import type { Kernels } from '../../kernels.js';
import { Generator } from '../../random.js';
import { values } from '../host.js';

export const random: Pick<Kernels, 'uniform' | 'bernoulli'> = {
  uniform(out, stream) {
    const target = values(out);
    const generator = Generator.restore({ ...stream, spareNormal: null });
    // A float32 has 24 bits: more would round up to 1.
    const levels = out.dtype === 'float32' ? 2 ** 24 : 2 ** 32;
    for (let i = 0; i < target.length; i++) target[i] = Math.floor(generator.uniform() * levels) / levels;
  },
  bernoulli(out, probability, scale, stream) {
    const target = values(out);
    const generator = Generator.restore({ ...stream, spareNormal: null });
    for (let i = 0; i < target.length; i++) target[i] = generator.uniform() < probability ? scale : 0;
  },
};
