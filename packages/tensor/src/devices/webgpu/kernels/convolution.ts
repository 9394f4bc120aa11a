import type { ConvolutionGeometry, Kernels, Operand } from '../../../kernels.js';
import { type ConvolutionSizes, sizesOf } from '../../convolution-sizes.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { gemm, type Loader, type TileName, tileOf } from '../wgsl/gemm.js';
import { fill } from './elementwise.js';
import { multiply } from './product.js';
import { gradientQuad, stridedInputGradient } from './strided-gradient.js';

/** What the source depends on: the window, as divisions by constants are cheap. */
interface ConvolutionVariant {
  readonly [key: string]: string | number | boolean;
  readonly kernelY: number;
  readonly kernelX: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Whether rows of the plane that is computed consist of four places each, which are read together. */
  readonly quads: boolean;
  readonly tile: TileName;
}

const sizeNames = [
  'groups',
  'channels',
  'height',
  'width',
  'filters',
  'outHeight',
  'outWidth',
  'paddingY',
  'paddingX',
] as const;

/** A place of the image plane of outputs: its offset in x, and the row and the column where its window begins. */
function window({ strideY, strideX }: ConvolutionVariant, place: string): string {
  return `let area = p.outHeight * p.outWidth;
let image = ${place} / area;
let rest = ${place} % area;
return vec4<i32>(
  i32(image * p.groups * p.channels * p.height * p.width),
  i32(rest / p.outWidth * ${strideY}u) - i32(p.paddingY),
  i32(rest % p.outWidth * ${strideX}u) - i32(p.paddingX),
  0,
);`;
}

/** A channel and a place in its window. */
function weightPlace(
  { kernelY, kernelX, dilationY, dilationX }: ConvolutionVariant,
  place: string,
  plane: string,
): string {
  const area = kernelY * kernelX;
  return `let channel = ${place} / ${area}u;
let rest = ${place} % ${area}u;
return vec4<i32>(i32(channel * ${plane}), i32(rest / ${kernelX}u * ${dilationY}u), i32(rest % ${kernelX}u * ${dilationX}u), 0);`;
}

/** An element of x in a window, 0 in the padding. */
const windowElement = `let y = line.y + depth.y;
let z = line.z + depth.z;
if (u32(y) >= p.height || u32(z) >= p.width) { return 0.0; }
return x[line.x + depth.x + y * i32(p.width) + z];`;

/** Four elements of x that windows beside each other meet at the same place. */
const windowQuad = ({ strideX }: ConvolutionVariant): string => `let y = line.y + depth.y;
if (u32(y) >= p.height) { return vec4<f32>(0.0); }
let z = line.z + depth.z;
let at = line.x + depth.x + y * i32(p.width) + z;
return vec4<f32>(${[0, 1, 2, 3]
  .map((lane) => `select(0.0, x[at + ${lane * strideX}], u32(z + ${lane * strideX}) < p.width)`)
  .join(', ')});`;

/** One element beside the other along the depth. */
function flat(name: string, line: string, depth: string): Loader {
  return {
    name,
    line: `return vec4<i32>(i32(${line}), 0, 0, 0);`,
    depth,
    element: `return ${name}[line.x + depth.x];`,
    contiguous: 'depth',
  };
}

const plain = 'return vec4<i32>(i32(depth), 0, 0, 0);';

/** Filters times patches ("implicit im2col"): the patches are never stored. */
const forward = kernel('conv2d', (variant: ConvolutionVariant & { readonly hasBias: boolean }) =>
  gemm({
    type: 'f32',
    tile: tileOf(variant.tile),
    left: flat('weight', 'line * p.depth', plain),
    right: {
      name: 'x',
      line: window(variant, 'line'),
      depth: weightPlace(variant, 'depth', 'p.height * p.width'),
      element: windowElement,
      quad: variant.quads ? windowQuad(variant) : undefined,
      contiguous: 'line',
    },
    parameters: sizeNames,
    bases: `let leftBase = i32(matrix * p.filters * p.depth);
let rightBase = i32(matrix * p.channels * p.height * p.width);
let biasBase = i32(matrix * p.filters);
let matrixBase = biasBase * i32(p.outHeight * p.outWidth);`,
    rowOffset: 'row * p.outHeight * p.outWidth',
    columnOffset: `(column / (p.outHeight * p.outWidth)) * p.groups * p.filters * p.outHeight * p.outWidth
    + column % (p.outHeight * p.outWidth)`,
    hasBias: variant.hasBias,
  }),
);

/** The steps from a row or column to the window that reaches it with this place; those in between belong to none. */
function reached(name: string, stride: number): string {
  if (stride === 1) return '';
  return `if (${name} % ${stride} != 0) { return 0.0; }\n${name} = ${name} / ${stride};`;
}

/** Transposed filters times the gradients of all windows that reach a place. */
const inputGradient = kernel('conv2dInputGradient', (variant: ConvolutionVariant) => {
  const area = variant.kernelY * variant.kernelX;
  return gemm({
    type: 'f32',
    tile: tileOf(variant.tile),
    left: flat(
      'weight',
      `line * ${area}u`,
      `return vec4<i32>(i32(depth / ${area}u * p.channels * ${area}u + depth % ${area}u), 0, 0, 0);`,
    ),
    right: {
      name: 'gradient',
      line: `let area = p.height * p.width;
let image = line / area;
let rest = line % area;
return vec4<i32>(
  i32(image * p.groups * p.filters * p.outHeight * p.outWidth),
  i32(rest / p.width + p.paddingY),
  i32(rest % p.width + p.paddingX),
  0,
);`,
      depth: weightPlace(variant, 'depth', 'p.outHeight * p.outWidth'),
      element: `var y = line.y - depth.y;
var z = line.z - depth.z;
if (y < 0 || z < 0) { return 0.0; }
${reached('y', variant.strideY)}
${reached('z', variant.strideX)}
if (u32(y) >= p.outHeight || u32(z) >= p.outWidth) { return 0.0; }
return gradient[line.x + depth.x + y * i32(p.outWidth) + z];`,
      quad: variant.quads ? gradientQuad : undefined,
      contiguous: 'line',
    },
    parameters: sizeNames,
    bases: `let leftBase = i32(matrix * p.filters * p.channels * ${area}u);
let rightBase = i32(matrix * p.filters * p.outHeight * p.outWidth);
let matrixBase = i32(matrix * p.channels * p.height * p.width);`,
    rowOffset: 'row * p.height * p.width',
    columnOffset: `(column / (p.height * p.width)) * p.groups * p.channels * p.height * p.width
    + column % (p.height * p.width)`,
    hasBias: false,
  });
});

/** Gradients times patches, over all places of all images. */
const weightGradient = kernel('conv2dWeightGradient', (variant: ConvolutionVariant) =>
  gemm({
    type: 'f32',
    tile: tileOf(variant.tile),
    left: flat(
      'gradient',
      'line * p.outHeight * p.outWidth',
      `let area = p.outHeight * p.outWidth;
return vec4<i32>(i32(depth / area * p.groups * p.filters * area + depth % area), 0, 0, 0);`,
    ),
    right: {
      name: 'x',
      line: weightPlace(variant, 'line', 'p.height * p.width'),
      depth: window(variant, 'depth'),
      element: windowElement,
      contiguous: 'depth',
    },
    parameters: sizeNames,
    bases: `let leftBase = i32(matrix * p.filters * p.outHeight * p.outWidth);
let rightBase = i32(matrix * p.channels * p.height * p.width);
let matrixBase = i32(matrix * p.rows * p.columns);`,
    rowOffset: 'row * p.columns',
    columnOffset: 'column',
    hasBias: false,
  }),
);

function variantOf({ kernel: [kernelY, kernelX], stride, dilation }: ConvolutionGeometry) {
  return {
    kernelY,
    kernelX,
    strideY: stride[0],
    strideX: stride[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
  };
}

function parametersOf(sizes: ConvolutionSizes, { padding }: ConvolutionGeometry) {
  const { groups, channels, height, width, filters, outHeight, outWidth } = sizes;
  return {
    groups,
    channels,
    height,
    width,
    filters,
    outHeight,
    outWidth,
    paddingY: padding[0],
    paddingX: padding[1],
  };
}

/** Convolutions and their gradients, as products of matrices that are never stored. */
export function convolutionKernels(
  executor: Executor,
): Pick<Kernels, 'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient'> {
  return {
    conv2d(x, weight, bias, out, geometry) {
      if (out.size === 0) return;
      const sizes = sizesOf(x.shape, out.shape, geometry.groups);
      const { images, groups, channels, filters, outHeight, outWidth } = sizes;
      const depth = channels * geometry.kernel[0] * geometry.kernel[1];
      const reads: Operand[] = bias ? [weight, x, bias] : [weight, x];
      multiply(
        executor,
        forward,
        { ...variantOf(geometry), quads: outWidth % 4 === 0, hasBias: bias !== undefined },
        {
          sizes: { matrices: groups, rows: filters, columns: images * outHeight * outWidth, depth },
          reads,
          out,
          parameters: parametersOf(sizes, geometry),
        },
      );
    },
    conv2dInputGradient(gradient, weight, out, geometry) {
      if (out.size === 0) return;
      if (gradient.size === 0) {
        fill(executor, out, 0);
        return;
      }
      const sizes = sizesOf(out.shape, gradient.shape, geometry.groups);
      const { images, groups, channels, height, width, filters } = sizes;
      const depth = filters * geometry.kernel[0] * geometry.kernel[1];
      const [strideY, strideX] = geometry.stride;
      const phases = strideY * strideX;
      const isEven = height % strideY === 0 && width % strideX === 0;
      if (phases > 1 && isEven && geometry.dilation.every((each) => each === 1)) {
        const [kernelY, kernelX] = geometry.kernel;
        multiply(
          executor,
          stridedInputGradient,
          { kernelY, kernelX, strideY, strideX, quads: (width / strideX) % 4 === 0 },
          {
            sizes: {
              matrices: groups * phases,
              rows: channels,
              columns: (images * height * width) / phases,
              depth: filters * Math.ceil(kernelY / strideY) * Math.ceil(kernelX / strideX),
            },
            reads: [weight, gradient],
            out,
            parameters: parametersOf(sizes, geometry),
          },
        );
        return;
      }
      multiply(
        executor,
        inputGradient,
        { ...variantOf(geometry), quads: phases === 1 && width % 4 === 0 },
        {
          sizes: { matrices: groups, rows: channels, columns: images * height * width, depth },
          reads: [weight, gradient],
          out,
          parameters: parametersOf(sizes, geometry),
        },
      );
    },
    conv2dWeightGradient(gradient, x, out, geometry) {
      if (x.size === 0 || gradient.size === 0) {
        fill(executor, out, 0);
        return;
      }
      const sizes = sizesOf(x.shape, gradient.shape, geometry.groups);
      const { images, groups, channels, filters, outHeight, outWidth } = sizes;
      const columns = channels * geometry.kernel[0] * geometry.kernel[1];
      multiply(
        executor,
        weightGradient,
        { ...variantOf(geometry), quads: false },
        {
          sizes: { matrices: groups, rows: filters, columns, depth: images * outHeight * outWidth },
          reads: [gradient, x],
          out,
          parameters: parametersOf(sizes, geometry),
        },
      );
    },
  };
}
