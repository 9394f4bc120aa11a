import { convolutionInputs } from '../../inputs.js';
import type { Prepared } from '../../subject.js';
import type { ConvolutionWork } from '../../work.js';

/** A row of an image and the row of an output to which one weight carries it, where the window is not over the padding. */
interface Row {
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly weight: number;
}

/**
 * Visits, for every image, filter, channel, weight and row of the output, the elements that this weight connects. Rows, so
 * that the innermost loop runs over neighbors.
 */
function visitRows(work: ConvolutionWork, visit: (row: Row) => void): void {
  const { batch, inChannels, outChannels, size, kernel, stride } = work;
  const outSize = Math.ceil(size / stride);
  const padding = Math.floor(kernel / 2);
  for (let image = 0; image < batch; image++) {
    for (let filter = 0; filter < outChannels; filter++) {
      for (let channel = 0; channel < inChannels; channel++) {
        for (let i = 0; i < kernel; i++) {
          for (let j = 0; j < kernel; j++) {
            const weight = ((filter * inChannels + channel) * kernel + i) * kernel + j;
            const first = Math.max(0, Math.ceil((padding - j) / stride));
            const last = Math.min(outSize - 1, Math.floor((size - 1 + padding - j) / stride));
            for (let row = 0; row < outSize; row++) {
              const inRow = row * stride + i - padding;
              if (inRow < 0 || inRow >= size) continue;
              const plane = image * inChannels + channel;
              visit({
                from: (plane * size + inRow) * size + first * stride + j - padding,
                to: ((image * outChannels + filter) * outSize + row) * outSize + first,
                length: last - first + 1,
                weight,
              });
            }
          }
        }
      }
    }
  }
}

/** A convolution by direct loops, and its gradients. */
export function prepareConvolution(work: ConvolutionWork): Prepared {
  const inputs = convolutionInputs(work);
  const x = inputs.x.data;
  const weights = inputs.weight.data;
  const gradient = inputs.gradient.data;
  const { stride } = work;
  const forward = () => {
    const out = new Float32Array(gradient.length);
    visitRows(work, ({ from, to, length, weight }) => {
      const factor = weights[weight]!;
      for (let k = 0; k < length; k++) out[to + k]! += factor * x[from + k * stride]!;
    });
    return out;
  };
  const inputGradient = () => {
    const out = new Float32Array(x.length);
    visitRows(work, ({ from, to, length, weight }) => {
      const factor = weights[weight]!;
      for (let k = 0; k < length; k++) out[from + k * stride]! += factor * gradient[to + k]!;
    });
    return out;
  };
  const weightGradient = () => {
    const out = new Float32Array(weights.length);
    visitRows(work, ({ from, to, length, weight }) => {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += gradient[to + k]! * x[from + k * stride]!;
      out[weight]! += sum;
    });
    return out;
  };
  const run = () => (work.direction === 'forward' ? [forward()] : [forward(), inputGradient(), weightGradient()]);
  return { run, outputs: run };
}
