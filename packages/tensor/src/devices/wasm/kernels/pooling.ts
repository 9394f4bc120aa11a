import type { Kernels, Operand, WindowGeometry } from '../../../kernels.js';
import { sizesOf } from '../../convolution-sizes.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { geometryFields } from './convolution-sizes.js';

type PoolingName = 'maxPool2d' | 'maxPool2dSelect' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient';

/** For the kernel that goes by the positions of the maxima. */
const noWindow: WindowGeometry = { kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };

/** What the kernels of kernels/pooling/ are told. */
function fieldsOf(
  x: Operand,
  out: Operand,
  indices: Operand | undefined,
  geometry: WindowGeometry = noWindow,
): number[] {
  const { images, channels, ...sizes } = sizesOf(x.shape, out.shape, 1);
  return [
    ...geometryFields(sizes, geometry),
    addressOf(x),
    addressOf(out),
    indices ? addressOf(indices) : 0,
    images * channels,
  ];
}

/** Pooling of float32; `reference` has the other types. */
export function poolingKernels(executor: Executor): Pick<Kernels, PoolingName> {
  const other = reference.kernels;
  return {
    maxPool2d(x, out, indices, geometry) {
      if (x.dtype !== 'float32') return other.maxPool2d(x, out, indices, geometry);
      executor.run('maxPool2d', fieldsOf(x, out, indices, geometry));
    },
    maxPool2dSelect(x, indices, out) {
      if (x.dtype !== 'float32') return other.maxPool2dSelect(x, indices, out);
      executor.run('maxPool2dSelect', fieldsOf(x, out, indices));
    },
    maxPool2dGradient(gradient, indices, out, geometry) {
      if (out.dtype !== 'float32') return other.maxPool2dGradient(gradient, indices, out, geometry);
      executor.run('maxPool2dGradient', fieldsOf(out, gradient, indices, geometry));
    },
    averagePool2d(x, out, geometry) {
      if (x.dtype !== 'float32') return other.averagePool2d(x, out, geometry);
      executor.run('averagePool2d', fieldsOf(x, out, undefined, geometry));
    },
    averagePool2dGradient(gradient, out, geometry) {
      if (out.dtype !== 'float32') return other.averagePool2dGradient(gradient, out, geometry);
      executor.run('averagePool2dGradient', fieldsOf(out, gradient, undefined, geometry));
    },
  };
}
