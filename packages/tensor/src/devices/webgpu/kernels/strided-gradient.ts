import { kernel } from '../pipelines.js';
import { gemm, type TileName, tileOf } from '../wgsl/gemm.js';

/** What the source depends on. */
interface StridedVariant {
  readonly [key: string]: string | number | boolean;
  readonly kernelY: number;
  readonly kernelX: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Whether rows of a phase consist of four places each, which are read together. */
  readonly quads: boolean;
  readonly tile: TileName;
}

/** Statements that find, along one axis, what all places of a phase have in common. */
function phase(axis: 'Y' | 'X', stride: number, kernelLength: number): string {
  const padding = `p.padding${axis}`;
  return `tap${axis} = (phase${axis} + ${padding}) % ${stride}u;
let count${axis} = (${kernelLength + stride - 1}u - (phase${axis} + ${padding}) % ${stride}u) / ${stride}u;
taps${axis} = count${axis};
first${axis} = (phase${axis} + ${padding}) / ${stride}u;`;
}

/** Four elements of the gradient, of windows beside each other, where every place is reached by one. */
export const gradientQuad = `let y = line.y - depth.y;
if (u32(y) >= p.outHeight) { return vec4<f32>(0.0); }
let z = line.z - depth.z;
let at = line.x + depth.x + y * i32(p.outWidth) + z;
return vec4<f32>(${[0, 1, 2, 3]
  .map((lane) => `select(0.0, gradient[at + ${lane}], u32(z + ${lane}) < p.outWidth)`)
  .join(', ')});`;

/**
 * The gradient of the input where windows advance by a stride: every place is reached only by the places of the window
 * with its own remainder. Places of one phase y mod stride, x mod stride make a product of their own, with the share of the
 * depth that reaches them; the product of all phases together multiplies nothing by 0. Sides must be multiples of the
 * stride, and dilations 1.
 */
export const stridedInputGradient = kernel('conv2dInputGradient by phases', (variant: StridedVariant) => {
  const { kernelY, kernelX, strideY, strideX, quads, tile } = variant;
  const area = kernelY * kernelX;
  return gemm({
    type: 'f32',
    tile: tileOf(tile),
    left: {
      name: 'weight',
      line: `return vec4<i32>(i32(line * ${area}u), 0, 0, 0);`,
      depth: `let filter_ = depth / (tapsY * tapsX);
let tap = depth % (tapsY * tapsX);
let y = tapY + tap / tapsX * ${strideY}u;
let x = tapX + tap % tapsX * ${strideX}u;
return vec4<i32>(i32(filter_ * p.channels * ${area}u + y * ${kernelX}u + x), 0, 0, 0);`,
      element: 'return weight[line.x + depth.x];',
      contiguous: 'depth',
    },
    right: {
      name: 'gradient',
      line: `let width = p.width / ${strideX}u;
let area = p.height / ${strideY}u * width;
let image = line / area;
let rest = line % area;
return vec4<i32>(
  i32(image * p.groups * p.filters * p.outHeight * p.outWidth),
  i32(rest / width),
  i32(rest % width),
  0,
);`,
      depth: `let filter_ = depth / (tapsY * tapsX);
let tap = depth % (tapsY * tapsX);
return vec4<i32>(
  i32(filter_ * p.outHeight * p.outWidth),
  i32(tap / tapsX) - i32(firstY),
  i32(tap % tapsX) - i32(firstX),
  0,
);`,
      element: `let y = line.y - depth.y;
let z = line.z - depth.z;
if (u32(y) >= p.outHeight || u32(z) >= p.outWidth) { return 0.0; }
return gradient[line.x + depth.x + y * i32(p.outWidth) + z];`,
      quad: quads ? gradientQuad : undefined,
      contiguous: 'line',
    },
    parameters: ['groups', 'channels', 'height', 'width', 'filters', 'outHeight', 'outWidth', 'paddingY', 'paddingX'],
    declarations: `var<private> tapY: u32;
var<private> tapX: u32;
var<private> tapsY: u32;
var<private> tapsX: u32;
var<private> firstY: u32;
var<private> firstX: u32;`,
    bases: `let ownGroup = matrix / ${strideY * strideX}u;
let phaseY = matrix / ${strideX}u % ${strideY}u;
let phaseX = matrix % ${strideX}u;
${phase('Y', strideY, kernelY)}
${phase('X', strideX, kernelX)}
let leftBase = i32(ownGroup * p.filters * p.channels * ${area}u);
let rightBase = i32(ownGroup * p.filters * p.outHeight * p.outWidth);
let matrixBase = i32((ownGroup * p.channels * p.height + phaseY) * p.width + phaseX);`,
    depthOf: 'p.filters * countY * countX',
    rowOffset: 'row * p.height * p.width',
    columnOffset: `(column / (p.height / ${strideY}u * (p.width / ${strideX}u))) * p.groups * p.channels * p.height * p.width
    + column % (p.height / ${strideY}u * (p.width / ${strideX}u)) / (p.width / ${strideX}u) * ${strideY}u * p.width
    + column % (p.width / ${strideX}u) * ${strideX}u`,
    hasBias: false,
  });
});
