import type { Kernels, Operand, WindowGeometry } from '../../../kernels.js';
import { bufferOf } from '../buffer.js';
import type { Executor } from '../executor.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';
import { overWindow, windowStart } from './window.js';

/** Planes and their sizes: x [N,C,H,W] pooled to out [N,C,OH,OW]. */
interface Sizes {
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

function sizesOf(x: Operand, out: Operand): Sizes {
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = out.shape as [number, number, number, number];
  return { planes: images * channels, height, width, outHeight, outWidth };
}

/** Visits, for one output, the elements of the plane that its window covers, as `y` and `z`. */
function windowSource(
  { planes, height, width, outHeight, outWidth }: Sizes,
  geometry: WindowGeometry,
  before: string,
  visit: string,
  after: string,
): string {
  const { statements, at } = unravelIndex('this.thread.x', [planes, outHeight, outWidth], 'i');
  const [plane, row, column] = at as [string, string, string];
  return kernelSource(
    ['x'],
    `${statements}
const plane = ${ravelIndex([plane], [height * width])};
${windowStart(row, column, geometry)}
${before}
${overWindow(geometry, { height, width }, visit)}
${after}`,
  );
}

/** The windows that may cover a row or column: the last one, and how many there are before it. */
function windowsOver(
  index: string,
  name: string,
  axis: 0 | 1,
  length: number,
  { kernel, stride, padding, dilation }: WindowGeometry,
): { statements: string; last: string; count: number } {
  const reach = dilation[axis] * (kernel[axis] - 1) + 1;
  const steps = Math.ceil((length + padding[axis]) / stride[axis]);
  const { statements, at } = unravelIndex(`(${index} + ${padding[axis]})`, [steps, stride[axis]], name);
  return { statements, last: at[0]!, count: Math.ceil(reach / stride[axis]) };
}

/** Sums, for one input, what the windows that may cover it have for it: `visit` for window `oy`, `ox`. */
function coveringSource(
  { planes, height, width, outHeight, outWidth }: Sizes,
  geometry: WindowGeometry,
  parameters: readonly string[],
  visit: (row: string, column: string, output: string) => string,
): string {
  const { statements, at } = unravelIndex('this.thread.x', [planes, height, width], 'i');
  const [plane, row, column] = at as [string, string, string];
  const rows = windowsOver(row, 'y', 0, height, geometry);
  const columns = windowsOver(column, 'x', 1, width, geometry);
  const output = ravelIndex([plane, 'oy', 'ox'], [outHeight * outWidth, outWidth, 1]);
  return kernelSource(
    parameters,
    `${statements}
${rows.statements}
${columns.statements}
let sum = 0;
for (let j = 0; j < ${rows.count}; j++) {
  const oy = ${rows.last} - j;
  if (oy >= 0 && oy < ${outHeight}) {
    for (let i = 0; i < ${columns.count}; i++) {
      const ox = ${columns.last} - i;
      if (ox >= 0 && ox < ${outWidth}) {
        ${visit(row, column, output)}
      }
    }
  }
}
return sum;`,
  );
}

function selectSource({ planes, height, width, outHeight, outWidth }: Sizes): string {
  const { statements, at } = unravelIndex('this.thread.x', [planes, outHeight * outWidth], 'i');
  const element = ravelIndex([at[0]!, 'positions[this.thread.x]'], [height * width, 1]);
  return kernelSource(['x', 'positions'], `${statements}\nreturn x[${element}];`);
}

/** Pooling over planes, and the gradients, which gather. */
export function poolingKernels(
  executor: Executor,
): Pick<Kernels, 'maxPool2d' | 'maxPool2dSelect' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient'> {
  const select = (x: Operand, indices: Operand, out: Operand): void =>
    executor.launch(out, selectSource(sizesOf(x, out)), x, indices);

  return {
    maxPool2d(x, out, indices, geometry) {
      const sizes = sizesOf(x, out);
      const source = windowSource(
        sizes,
        geometry,
        'let best = 0;\nlet position = -1;',
        `const v = x[plane + y * ${sizes.width} + z];
if (position < 0) {
  best = v;
  position = y * ${sizes.width} + z;
}
if (best <= 0 || best > 0) {
  if (v <= best) { best = best; } else {
    best = v;
    position = y * ${sizes.width} + z;
  }
}`,
        'return position;',
      );
      executor.launch(indices, source, x);
      bufferOf(indices).bounds = [0, sizes.height * sizes.width - 1];
      select(x, indices, out);
    },
    maxPool2dSelect: select,
    maxPool2dGradient(gradient, indices, out, geometry) {
      const sizes = sizesOf(out, gradient);
      const source = coveringSource(
        sizes,
        geometry,
        ['gradient', 'positions'],
        (row, column, output) => `const window = ${output};
if (positions[window] === ${ravelIndex([row, column], [sizes.width, 1])}) { sum = sum + gradient[window]; }`,
      );
      executor.launch(out, source, gradient, indices);
    },
    averagePool2d(x, out, geometry) {
      const sizes = sizesOf(x, out);
      const visit = `sum = sum + x[plane + y * ${sizes.width} + z];`;
      const after = `return sum / ${geometry.kernel[0] * geometry.kernel[1]};`;
      executor.launch(out, windowSource(sizes, geometry, 'let sum = 0;', visit, after), x);
    },
    averagePool2dGradient(gradient, out, geometry) {
      const { kernel, stride, padding } = geometry;
      const source = coveringSource(
        sizesOf(out, gradient),
        geometry,
        ['gradient'],
        (row, column, output) =>
          `if (${row} + ${padding[0]} - oy * ${stride[0]} < ${kernel[0]}) {
  if (${column} + ${padding[1]} - ox * ${stride[1]} < ${kernel[1]}) {
    sum = sum + gradient[${output}] / ${kernel[0] * kernel[1]};
  }
}`,
      );
      executor.launch(out, source, gradient);
    },
  };
}
