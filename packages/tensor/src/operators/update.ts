import { ShapeError } from '../errors.js';
import type { Operand } from '../kernels.js';
import { checkFloat, checkSameType, operator } from '../operator.js';
import { formatShape, sameShape } from '../shape.js';

function checkAlike(name: string, target: Operand, source: Operand): void {
  checkSameType(name, target, source);
  if (!sameShape(target.shape, source.shape)) {
    throw new ShapeError(`${name}: ${formatShape(source.shape)} to ${formatShape(target.shape)}: the shapes differ`);
  }
}

/** Operators that change their first input in place and have no outputs. */
export const updateOperators = {
  assign: operator<readonly [Operand, Operand], void>({
    name: 'assign',
    inPlace: true,
    infer: ([target, source]) => {
      checkAlike('assign', target, source);
      return [];
    },
    launch: (kernels, [target, source]) => kernels.copy(source, target),
  }),

  assignLerp: operator<readonly [Operand, Operand], { readonly weight: number; readonly factor: number }>({
    name: 'assignLerp',
    inPlace: true,
    infer: ([x, target]) => {
      checkAlike('assignLerp', x, target);
      checkFloat('assignLerp', x);
      return [];
    },
    launch: (kernels, [x, target], _, { weight, factor }) => kernels.lerp(x, target, weight, factor),
  }),
};
