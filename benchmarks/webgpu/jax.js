// jax-js on WebGPU; its arrays are used up by whoever takes them, and `ref` is another one.
import { uniform } from '../inputs.js';
import { convolutionSides } from './convolution-sides.js';

/** jax-js, which takes the adapter of `navigator.gpu`. */
export async function openJax() {
  let jax;
  try {
    jax = await import('@jax-js/jax');
  } catch (cause) {
    throw new Error('jax-js is not installed: npm ci --prefix benchmarks, or leave it out of --peers', { cause });
  }
  const np = jax.numpy;
  const devices = await jax.init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js finds no WebGPU');
  jax.defaultDevice('webgpu');
  let seed;
  const input = (shape) =>
    np
      .array(
        uniform(
          shape.reduce((size, length) => size * length, 1),
          seed++,
        ),
      )
      .reshape(shape);

  /** A compiled function of arrays that stay. */
  const prepared = (f, inputs) => {
    const call = () => f(...inputs.map((each) => each.ref));
    return {
      run: async () => {
        const result = call();
        await result.slice([0, 1], ...result.shape.slice(1).map(() => [0, 1])).data();
      },
      result: () => call().data(),
      dispose: () => {
        for (const each of inputs) each.dispose();
      },
    };
  };

  const prepare = (work) => {
    seed = 1;
    switch (work.kind) {
      case 'matmul':
        return prepared(jax.jit(np.matmul), [input([work.side, work.side]), input([work.side, work.side])]);
      case 'conv forward': {
        const { x, weight } = convolutionSides(work);
        const padding = [
          [1, 1],
          [1, 1],
        ];
        const convolve = (images, filters) => jax.lax.convGeneralDilated(images, filters, [1, 1], padding);
        return prepared(jax.jit(convolve), [input(x), input(weight)]);
      }
      default:
        return undefined;
    }
  };
  return { name: 'jax-js', prepare };
}
