// TensorFlow.js on its WebGPU backend, in its own layouts: images [N,H,W,C] and filters [KH,KW,C,F].
import { uniform } from '../inputs.js';
import { convolutionSides } from './convolution-sides.js';

/** TensorFlow.js, which takes the adapter of `navigator.gpu`. */
export async function openTfjs() {
  let tf;
  try {
    tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-webgpu');
  } catch (cause) {
    const remedy = 'npm ci --prefix benchmarks, or leave tfjs out of --peers';
    throw new Error(`TensorFlow.js for WebGPU is not installed: ${remedy}`, { cause });
  }
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js finds no WebGPU');
  let seed;
  const input = (shape) =>
    tf.tensor(
      uniform(
        shape.reduce((size, length) => size * length, 1),
        seed++,
      ),
      shape,
    );

  const prepared = (f, inputs, ofResult = (each) => each) => ({
    run: async () => {
      const first = tf.tidy(() => tf.slice(tf.reshape(f(...inputs), [-1]), 0, 1));
      await first.data();
      first.dispose();
    },
    result: async () => {
      const result = tf.tidy(() => ofResult(f(...inputs)));
      const data = await result.data();
      result.dispose();
      return data;
    },
    dispose: () => tf.dispose(inputs),
  });

  const prepare = (work) => {
    seed = 1;
    switch (work.kind) {
      case 'matmul':
        return prepared(tf.matMul, [input([work.side, work.side]), input([work.side, work.side])]);
      case 'conv forward': {
        const sides = convolutionSides(work);
        const x = tf.tidy(() => tf.transpose(input(sides.x), [0, 2, 3, 1]));
        const weight = tf.tidy(() => tf.transpose(input(sides.weight), [2, 3, 1, 0]));
        const convolve = (images, filters) => tf.conv2d(images, filters, 1, 1);
        return prepared(convolve, [x, weight], (result) => tf.transpose(result, [0, 3, 1, 2]));
      }
      default:
        return undefined;
    }
  };
  return { name: 'tfjs', prepare };
}
