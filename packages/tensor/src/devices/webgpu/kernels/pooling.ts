import type { Kernels, Operand, WindowGeometry } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import type { ScalarType } from '../wgsl/program.js';

const GROUP = 256;

const planeSizes = {
  count: 'u32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
} as const;

const windowSizes = {
  ...planeSizes,
  kernelY: 'i32',
  kernelX: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  paddingY: 'i32',
  paddingX: 'i32',
  dilationY: 'i32',
  dilationX: 'i32',
} as const;

/** The plane, row and column of element `index` of planes of this size. */
const place = (height: string, width: string): string => `if (index >= p.count) { return; }
let plane = i32(index) / (${height} * ${width});
let row = i32(index) / ${width} % ${height};
let column = i32(index) % ${width};`;

/** Statements for every place of the window of an output, at `y` and `z` of the plane. */
const overWindow = (visit: string): string => `for (var ky = 0; ky < p.kernelY; ky++) {
  let y = row * p.strideY - p.paddingY + ky * p.dilationY;
  if (y < 0 || y >= p.height) { continue; }
  for (var kx = 0; kx < p.kernelX; kx++) {
    let z = column * p.strideX - p.paddingX + kx * p.dilationX;
    if (z < 0 || z >= p.width) { continue; }
    ${visit}
  }
}`;

/** Statements for every output whose window reaches an input, at `at` of the outputs. */
const overReaching = (visit: string): string => `for (var ky = 0; ky < p.kernelY; ky++) {
  let y = row + p.paddingY - ky * p.dilationY;
  if (y < 0 || y % p.strideY != 0 || y / p.strideY >= p.outHeight) { continue; }
  for (var kx = 0; kx < p.kernelX; kx++) {
    let z = column + p.paddingX - kx * p.dilationX;
    if (z < 0 || z % p.strideX != 0 || z / p.strideX >= p.outWidth) { continue; }
    let at = (plane * p.outHeight + y / p.strideY) * p.outWidth + z / p.strideX;
    ${visit}
  }
}`;

const maximum = kernel('maxPool2d', ({ type }: { type: ScalarType }) => ({
  reads: { x: type },
  writes: { out: type, indices: 'i32' },
  parameters: windowSizes,
  workgroupSize: GROUP,
  body: `${place('p.outHeight', 'p.outWidth')}
var position = -1;
var best = ${type}(0);
${overWindow(`let at = y * p.width + z;
    let v = x[plane * p.height * p.width + at];
    if (position < 0 || ${type === 'f32' ? '(!isNan(best) && (v > best || isNan(v)))' : 'v > best'}) {
      best = v;
      position = at;
    }`)}
out[index] = best;
indices[index] = position;`,
}));

const selection = kernel('maxPool2dSelect', () => ({
  reads: { x: 'u32', indices: 'i32' },
  writes: { out: 'u32' },
  parameters: planeSizes,
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let plane = i32(index) / (p.outHeight * p.outWidth);
out[index] = x[plane * p.height * p.width + indices[index]];`,
}));

const maximumGradient = kernel('maxPool2dGradient', ({ type }: { type: ScalarType }) => ({
  reads: { gradient: type, indices: 'i32' },
  writes: { out: type },
  parameters: windowSizes,
  workgroupSize: GROUP,
  body: `${place('p.height', 'p.width')}
var sum = ${type}(0);
${overReaching('if (indices[at] == row * p.width + column) { sum += gradient[at]; }')}
out[index] = sum;`,
}));

const average = kernel('averagePool2d', () => ({
  reads: { x: 'f32' },
  writes: { out: 'f32' },
  parameters: windowSizes,
  workgroupSize: GROUP,
  body: `${place('p.outHeight', 'p.outWidth')}
var sum = 0.0;
${overWindow('sum += x[(plane * p.height + y) * p.width + z];')}
out[index] = sum / f32(p.kernelY * p.kernelX);`,
}));

const averageGradient = kernel('averagePool2dGradient', () => ({
  reads: { gradient: 'f32' },
  writes: { out: 'f32' },
  parameters: windowSizes,
  workgroupSize: GROUP,
  body: `${place('p.height', 'p.width')}
var sum = 0.0;
${overReaching('sum += gradient[at];')}
out[index] = sum / f32(p.kernelY * p.kernelX);`,
}));

function planeParameters(x: Operand, out: Operand) {
  const [, , height, width] = x.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = out.shape as [number, number, number, number];
  return { height, width, outHeight, outWidth };
}

function windowParameters(x: Operand, out: Operand, { kernel: window, stride, padding, dilation }: WindowGeometry) {
  return {
    ...planeParameters(x, out),
    kernelY: window[0],
    kernelX: window[1],
    strideY: stride[0],
    strideX: stride[1],
    paddingY: padding[0],
    paddingX: padding[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
  };
}

/** Pooling and its gradients: every element gathers what it is made of. */
export function poolingKernels(
  executor: Executor,
): Pick<Kernels, 'maxPool2d' | 'maxPool2dSelect' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient'> {
  const groupsOf = ({ size }: Operand): number => Math.ceil(size / GROUP);
  return {
    maxPool2d(x, out, indices, geometry) {
      executor.run(
        maximum,
        { type: scalarType(x) },
        {
          reads: [x],
          writes: [out, indices],
          parameters: { count: out.size, ...windowParameters(x, out, geometry) },
          groups: groupsOf(out),
        },
      );
    },
    maxPool2dSelect(x, indices, out) {
      executor.run(
        selection,
        {},
        {
          reads: [x, indices],
          writes: [out],
          parameters: { count: out.size, ...planeParameters(x, out) },
          groups: groupsOf(out),
        },
      );
    },
    maxPool2dGradient(gradient, indices, out, geometry) {
      executor.run(
        maximumGradient,
        { type: scalarType(out) },
        {
          reads: [gradient, indices],
          writes: [out],
          parameters: { count: out.size, ...windowParameters(out, gradient, geometry) },
          groups: groupsOf(out),
        },
      );
    },
    averagePool2d(x, out, geometry) {
      executor.run(
        average,
        {},
        {
          reads: [x],
          writes: [out],
          parameters: { count: out.size, ...windowParameters(x, out, geometry) },
          groups: groupsOf(out),
        },
      );
    },
    averagePool2dGradient(gradient, out, geometry) {
      executor.run(
        averageGradient,
        {},
        {
          reads: [gradient],
          writes: [out],
          parameters: { count: out.size, ...windowParameters(out, gradient, geometry) },
          groups: groupsOf(out),
        },
      );
    },
  };
}
