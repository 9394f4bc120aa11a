import { ShapeError } from '../errors.js';
import type { ConvolutionGeometry, Operand } from '../kernels.js';
import { checkFloat, checkSameType, operator } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import { windowedShape } from './window.js';

function describe(operation: string, x: Operand, weight: Operand, groups: number): string {
  return `${operation}: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}, groups ${groups}`;
}

/**
 * Checks all but the number of axes and the windows.
 *
 * @throws DTypeError where the types differ or are integers
 * @throws ShapeError where channels, filters or bias do not fit
 */
export function checkConvolution(
  operation: string,
  x: Operand,
  weight: Operand,
  bias: Operand | undefined,
  groups: number,
): void {
  checkFloat(operation, x);
  checkSameType(operation, x, weight);
  const channels = x.shape[1]!;
  const [filters, groupChannels] = weight.shape as [number, number];
  const shapes = describe(operation, x, weight, groups);
  if (channels !== groupChannels * groups) {
    throw new ShapeError(`${shapes}: the weight is for ${groupChannels * groups} channels, not ${channels}`);
  }
  if (filters % groups !== 0) throw new ShapeError(`${shapes}: the groups do not divide the ${filters} filters`);
  if (!bias) return;
  checkSameType(operation, x, bias);
  if (bias.shape.length === 1 && bias.shape[0] === filters) return;
  throw new ShapeError(`${operation}: bias ${formatShape(bias.shape)} for ${filters} filters: it must be [${filters}]`);
}

/** Cross-correlation over planes, and its two gradients; each is linear in each input, and their gradients are one another. */
export const convolutionOperators = {
  conv2d: operator<readonly [Operand, Operand, Operand | undefined], ConvolutionGeometry>({
    name: 'conv2d',
    infer: ([x, weight, bias], geometry) => {
      if (x.shape.length !== 4 || weight.shape.length !== 4) {
        throw new ShapeError(
          `${describe('conv2d', x, weight, geometry.groups)}: the input must be [N,C,H,W], the weight [F,C/groups,KH,KW]`,
        );
      }
      checkConvolution('conv2d', x, weight, bias, geometry.groups);
      const shape = [x.shape[0]!, weight.shape[0]!, ...windowedShape('conv2d', x.shape, geometry)];
      return [{ shape, dtype: x.dtype }];
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
