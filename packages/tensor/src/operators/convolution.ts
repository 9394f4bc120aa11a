import { ShapeError } from '../errors.js';
import type { ConvolutionGeometry, Operand } from '../kernels.js';
import { checkFloat, checkSameType, operator } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import { windowedShape } from './window.js';

function outputShape(x: Operand, weight: Operand, geometry: ConvolutionGeometry): Shape {
  const shapes = `conv2d: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}, groups ${geometry.groups}`;
  if (x.shape.length !== 4 || weight.shape.length !== 4) {
    throw new ShapeError(`${shapes}: the input must be [N,C,H,W], the weight [F,C/groups,KH,KW]`);
  }
  const channels = x.shape[1]!;
  const filters = weight.shape[0]!;
  if (channels !== weight.shape[1]! * geometry.groups) {
    throw new ShapeError(
      `${shapes}: the weight is for ${weight.shape[1]! * geometry.groups} channels, not ${channels}`,
    );
  }
  if (filters % geometry.groups !== 0)
    throw new ShapeError(`${shapes}: the groups do not divide the ${filters} filters`);
  return [x.shape[0]!, filters, ...windowedShape('conv2d', x.shape, geometry)];
}

/** Cross-correlation over planes, and its two gradients; each is linear in each input, and their gradients are one another. */
export const convolutionOperators = {
  conv2d: operator<readonly [Operand, Operand, Operand | undefined], ConvolutionGeometry>({
    name: 'conv2d',
    infer: ([x, weight, bias], geometry) => {
      checkFloat('conv2d', x);
      checkSameType('conv2d', x, weight);
      if (bias) {
        checkSameType('conv2d', x, bias);
        if (bias.shape.length !== 1 || bias.shape[0] !== weight.shape[0]) {
          throw new ShapeError(
            `conv2d: bias ${formatShape(bias.shape)} for ${weight.shape[0]} filters: it must be [${weight.shape[0]}]`,
          );
        }
      }
      return [{ shape: outputShape(x, weight, geometry), dtype: x.dtype }];
    },
    launch: (kernels, [x, weight, bias], [out], geometry) => kernels.conv2d(x, weight, bias, out!, geometry),
  }),

  conv2dInputGradient: operator<readonly [Operand, Operand], ConvolutionGeometry & { readonly shape: Shape }>({
    name: 'conv2dInputGradient',
    infer: ([gradient], { shape }) => [{ shape, dtype: gradient.dtype }],
    launch: (kernels, [gradient, weight], [out], geometry) =>
      kernels.conv2dInputGradient(gradient, weight, out!, geometry),
  }),

  conv2dWeightGradient: operator<readonly [Operand, Operand], ConvolutionGeometry & { readonly shape: Shape }>({
    name: 'conv2dWeightGradient',
    infer: ([gradient], { shape }) => [{ shape, dtype: gradient.dtype }],
    launch: (kernels, [gradient, x], [out], geometry) => kernels.conv2dWeightGradient(gradient, x, out!, geometry),
  }),
};
