import type { OperatorNode, Shape } from '@pnn/nn';
import type { Constant } from './constants.js';
import { SparseMatrix } from './sparse-matrix.js';

type Geometry = OperatorNode<'conv2d' | 'averagePool2d'>['attributes'];

/** Calls `visit` for the elements of a plane that the window at an output place sees, and which tap of it each is. */
function forWindow(
  { kernel, stride, padding, dilation }: Geometry,
  [height, width]: readonly [number, number],
  [row, column]: readonly [number, number],
  visit: (place: number, tap: number) => void,
): void {
  for (let i = 0; i < kernel[0]; i++) {
    const y = row * stride[0] - padding[0] + i * dilation[0];
    if (y < 0 || y >= height) continue;
    for (let j = 0; j < kernel[1]; j++) {
      const x = column * stride[1] - padding[1] + j * dilation[1];
      if (x >= 0 && x < width) visit(y * width + x, i * kernel[1] + j);
    }
  }
}

/** A convolution of one sample [1,C,H,W] as a matrix. */
export function convolutionMatrix(
  input: Shape,
  output: Shape,
  weight: Constant,
  geometry: OperatorNode<'conv2d'>['attributes'],
): SparseMatrix {
  const [, channels = 1, height = 1, width = 1] = input;
  const [, filters = 1, rows = 1, columns = 1] = output;
  const ofGroup = channels / geometry.groups;
  const taps = geometry.kernel[0] * geometry.kernel[1];
  return SparseMatrix.build(filters * rows * columns, channels * height * width, (index, entry) => {
    const filter = Math.floor(index / (rows * columns));
    const place = [Math.floor(index / columns) % rows, index % columns] as const;
    const group = Math.floor(filter / (filters / geometry.groups));
    for (let channel = 0; channel < ofGroup; channel++) {
      forWindow(geometry, [height, width], place, (at, tap) => {
        const value = weight.elements[(filter * ofGroup + channel) * taps + tap]!;
        entry((group * ofGroup + channel) * height * width + at, value);
      });
    }
  });
}

/** Average pooling of one sample [1,C,H,W] as a matrix: sums over each window, divided by its size wherever it is. */
export function poolingMatrix(input: Shape, output: Shape, geometry: Geometry): SparseMatrix {
  const [, channels = 1, height = 1, width = 1] = input;
  const [, , rows = 1, columns = 1] = output;
  const share = 1 / (geometry.kernel[0] * geometry.kernel[1]);
  return SparseMatrix.build(channels * rows * columns, channels * height * width, (index, entry) => {
    const channel = Math.floor(index / (rows * columns));
    const place = [Math.floor(index / columns) % rows, index % columns] as const;
    forWindow(geometry, [height, width], place, (at) => entry(channel * height * width + at, share));
  });
}

/** A product of the last two axes with a constant, of one operand that is encrypted, as a matrix. */
export function productMatrix(
  { attributes }: OperatorNode<'matmul'>,
  input: Shape,
  output: Shape,
  constant: Constant,
  constantIsRight: boolean,
): SparseMatrix {
  const [rows = 1, columns = 1] = output.slice(-2);
  const batches = output.slice(0, -2);
  const { transposeA, transposeB } = attributes;
  const stride = (shape: Shape, batch: number): number => {
    // Row-major place of a batch in an operand whose leading axes are broadcast.
    const leading = shape.slice(0, -2);
    let [place, size, rest] = [0, shape.at(-1)! * shape.at(-2)!, batch];
    for (let axis = 1; axis <= batches.length; axis++) {
      const length = batches.at(-axis)!;
      const own = leading.at(-axis) ?? 1;
      if (own > 1) place += (rest % length) * size;
      size *= own;
      rest = Math.floor(rest / length);
    }
    return place;
  };
  const [left, right] = constantIsRight ? [input, constant.shape] : [constant.shape, input];
  const inner = left.at(transposeA ? -2 : -1)!;
  const ofInput = input.reduce((product, length) => product * length, 1);
  return SparseMatrix.build(
    batches.reduce((product, length) => product * length, 1) * rows * columns,
    ofInput,
    (index, entry) => {
      const batch = Math.floor(index / (rows * columns));
      const [row, column] = [Math.floor(index / columns) % rows, index % columns];
      const [a, b] = [stride(left, batch), stride(right, batch)];
      for (let k = 0; k < inner; k++) {
        const atA = a + (transposeA ? k * left.at(-1)! + row : row * left.at(-1)! + k);
        const atB = b + (transposeB ? column * right.at(-1)! + k : k * right.at(-1)! + column);
        if (constantIsRight) entry(atA, constant.elements[atB]!);
        else entry(atB, constant.elements[atA]!);
      }
    },
  );
}

/** Sums over a run of axes as a matrix. */
export function sumMatrix(input: Shape, { first, end }: OperatorNode<'sum'>['attributes']): SparseMatrix {
  const size = (shape: Shape) => shape.reduce((product, length) => product * length, 1);
  const [outer, length, inner] = [size(input.slice(0, first)), size(input.slice(first, end)), size(input.slice(end))];
  return SparseMatrix.build(outer * inner, size(input), (index, entry) => {
    const [row, column] = [Math.floor(index / inner), index % inner];
    for (let k = 0; k < length; k++) entry((row * length + k) * inner + column, 1);
  });
}
