import type { ConvolutionGeometry, Kernels, Operand } from '../../../kernels.js';
import { type ConvolutionSizes, sizesOf } from '../../convolution-sizes.js';
import type { Executor } from '../executor.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';
import { reduce } from './reduction.js';
import { overWindow, windowStart } from './window.js';

/** The sizes of one convolution: x [N,C,H,W], weight [F,C/groups,KH,KW], out [N,F,OH,OW]; channels and filters of all groups. */
interface Sizes extends Omit<ConvolutionSizes, 'groups'> {
  /** Channels and filters of a group. */
  readonly groupChannels: number;
  readonly groupFilters: number;
}

function allSizesOf(x: Operand, out: Operand, geometry: ConvolutionGeometry): Sizes {
  const { groups, channels, filters, ...places } = sizesOf(x.shape, out.shape, geometry.groups);
  return {
    ...places,
    channels: groups * channels,
    filters: groups * filters,
    groupChannels: channels,
    groupFilters: filters,
  };
}

const strideOfRows = (rows: number, columns: number): readonly number[] => [rows * columns, columns, 1];

/** Every output gathers the inputs that its window covers. */
function forwardSource(sizes: Sizes, geometry: ConvolutionGeometry, hasBias: boolean): string {
  const { images, channels, height, width, filters, outHeight, outWidth, groupChannels, groupFilters } = sizes;
  const { kernel } = geometry;
  const { statements, at } = unravelIndex('this.thread.x', [images, filters, outHeight, outWidth], 'i');
  const [image, filter, row, column] = at as [string, string, string, string];
  const group = unravelIndex(filter, [filters / groupFilters, groupFilters], 'g');
  const product = `sum = sum + x[${ravelIndex(['(plane + c)', 'y', 'z'], strideOfRows(height, width))}]
  * weight[patch + ${ravelIndex(['c', 'ky', 'kx'], strideOfRows(kernel[0], kernel[1]))}];`;
  return kernelSource(
    hasBias ? ['x', 'weight', 'bias'] : ['x', 'weight'],
    `${statements}
${group.statements}
const plane = ${ravelIndex([image, group.at[0]!], [channels, groupChannels])};
const patch = ${ravelIndex([filter], [groupChannels * kernel[0] * kernel[1]])};
${windowStart(row, column, geometry)}
let sum = ${hasBias ? `bias[${filter}]` : '0'};
for (let c = 0; c < ${groupChannels}; c++) {
  ${overWindow(geometry, sizes, product)}
}
return sum;`,
  );
}

/** Windows along one axis: how many there are, their stride, and what `reached` stays below. */
interface WindowsAlong {
  readonly count: number;
  readonly step: number;
  readonly end: number;
}

/** Statements that find the window (`name`) that a row or column reaches by a place of the kernel, if there is one. */
function windowAt(name: string, reached: string, { count, step, end }: WindowsAlong, inside: string): string {
  const { statements, at } = unravelIndex(reached, [Math.ceil(end / step), step], name);
  const isWhole = step > 1 ? ` && ${at[1]} === 0` : '';
  // What is taken apart must not be negative.
  return `if (${reached} >= 0) {
${statements}
const ${name} = ${at[0]};
if (${name} < ${count}${isWhole}) {
${inside}
}
}`;
}

/** Every input gathers the gradients of the windows that cover it. */
function inputGradientSource(sizes: Sizes, geometry: ConvolutionGeometry): string {
  const { images, channels, height, width, filters, outHeight, outWidth, groupChannels, groupFilters } = sizes;
  const { kernel, stride, padding, dilation } = geometry;
  const { statements, at } = unravelIndex('this.thread.x', [images, channels, height, width], 'i');
  const [image, channel, row, column] = at as [string, string, string, string];
  const group = unravelIndex(channel, [channels / groupChannels, groupChannels], 'g');
  const place = ravelIndex(
    ['filter', group.at[1]!, 'ky', 'kx'],
    [groupChannels * kernel[0] * kernel[1], ...strideOfRows(kernel[0], kernel[1])],
  );
  const slope = ravelIndex(['plane', 'oy', 'ox'], strideOfRows(outHeight, outWidth));
  const rows = { count: outHeight, step: stride[0], end: height + padding[0] };
  const columns = { count: outWidth, step: stride[1], end: width + padding[1] };
  return kernelSource(
    ['gradient', 'weight'],
    `${statements}
${group.statements}
let sum = 0;
for (let f = 0; f < ${groupFilters}; f++) {
  const filter = ${ravelIndex([group.at[0]!], [groupFilters])} + f;
  const plane = ${ravelIndex([image], [filters])} + filter;
  for (let ky = 0; ky < ${kernel[0]}; ky++) {
    const reachedY = ${row} + ${padding[0]} - ky * ${dilation[0]};
    ${windowAt(
      'oy',
      'reachedY',
      rows,
      `for (let kx = 0; kx < ${kernel[1]}; kx++) {
const reachedX = ${column} + ${padding[1]} - kx * ${dilation[1]};
${windowAt('ox', 'reachedX', columns, `sum = sum + gradient[${slope}] * weight[${place}];`)}
}`,
    )}
  }
}
return sum;`,
  );
}

/** Every weight gathers, over the images of a part, the products of gradients with the inputs that it met. */
function weightGradientSource(sizes: Sizes, geometry: ConvolutionGeometry, parts: number): string {
  const { images, channels, height, width, filters, outHeight, outWidth, groupChannels, groupFilters } = sizes;
  const { kernel, stride, padding, dilation } = geometry;
  const { statements, at } = unravelIndex('this.thread.x', [parts, filters, groupChannels, kernel[0], kernel[1]], 'i');
  const [part, filter, channel, ky, kx] = at as [string, string, string, string, string];
  const group = unravelIndex(filter, [filters / groupFilters, groupFilters], 'g');
  const chunk = Math.ceil(images / parts);
  return kernelSource(
    ['gradient', 'x'],
    `${statements}
${group.statements}
const channel = ${ravelIndex([group.at[0]!, channel], [groupChannels, 1])};
let sum = 0;
for (let n = 0; n < ${chunk}; n++) {
  const image = ${ravelIndex([part], [chunk])} + n;
  if (image < ${images}) {
    const slopes = ${ravelIndex(['image', filter], [filters, 1])};
    const plane = ${ravelIndex(['image', 'channel'], [channels, 1])};
    for (let oy = 0; oy < ${outHeight}; oy++) {
      const y = oy * ${stride[0]} - ${padding[0]} + ${ky} * ${dilation[0]};
      if (y >= 0 && y < ${height}) {
        for (let ox = 0; ox < ${outWidth}; ox++) {
          const z = ox * ${stride[1]} - ${padding[1]} + ${kx} * ${dilation[1]};
          if (z >= 0 && z < ${width}) {
            sum = sum + gradient[${ravelIndex(['slopes', 'oy', 'ox'], strideOfRows(outHeight, outWidth))}]
              * x[${ravelIndex(['plane', 'y', 'z'], strideOfRows(height, width))}];
          }
        }
      }
    }
  }
}
return sum;`,
  );
}

/** Convolutions and their gradients, each output gathering what it is made of. */
export function convolutionKernels(
  executor: Executor,
): Pick<Kernels, 'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient'> {
  return {
    conv2d(x, weight, bias, out, geometry) {
      const source = forwardSource(allSizesOf(x, out, geometry), geometry, bias !== undefined);
      executor.launch(out, source, x, weight, ...(bias ? [bias] : []));
    },
    conv2dInputGradient(gradient, weight, out, geometry) {
      executor.launch(out, inputGradientSource(allSizesOf(out, gradient, geometry), geometry), gradient, weight);
    },
    conv2dWeightGradient(gradient, x, out, geometry) {
      const sizes = allSizesOf(x, gradient, geometry);
      if (x.size === 0 || gradient.size === 0) {
        executor.fill(out, 0);
        return;
      }
      const room = Math.max(1, Math.floor(executor.limits.elements / out.size));
      const chunk = Math.ceil(sizes.images / Math.min(sizes.images, room));
      const parts = Math.ceil(sizes.images / chunk);
      executor.withTemporary(parts * out.size, (partial) => {
        executor.launch(partial, weightGradientSource(sizes, geometry, parts), gradient, x);
        reduce(executor, 'sum', partial, out, { outer: 1, length: parts, inner: out.size });
      });
    },
  };
}
