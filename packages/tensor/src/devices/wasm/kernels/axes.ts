import type { Operand } from '../../../kernels.js';

/** Axes that the kernels walk over. */
const AXES = 3;

/**
 * The lengths of the three axes of an output, then the strides of each operand along them. Axes that are walked over in one
 * go become one.
 *
 * @returns undefined where more than three are left
 */
export function axisFields(out: Operand, operands: readonly Operand[]): number[] | undefined {
  const rank = out.shape.length;
  const fields: number[] = [];
  for (let i = 0; i < AXES; i++) fields.push(1);
  for (let i = 0; i < AXES * operands.length; i++) fields.push(0);
  /** The distance of neighbors along the axis, were it not of size 1, for each operand. */
  const distances = operands.map(() => 1);
  let at = AXES;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = out.shape[axis]!;
    if (length === 1) continue;
    const before = at < AXES ? fields[at]! : 0;
    let continues = at < AXES;
    for (let i = 0; i < operands.length && continues; i++) {
      continues = strideOf(operands[i]!, axis - rank, distances[i]!) === fields[AXES * (i + 1) + at]! * before;
    }
    if (continues) fields[at] = before * length;
    else if (at === 0) return undefined;
    else {
      at--;
      fields[at] = length;
    }
    for (let i = 0; i < operands.length; i++) {
      const stride = strideOf(operands[i]!, axis - rank, distances[i]!);
      if (!continues) fields[AXES * (i + 1) + at] = stride;
      if (stride !== 0) distances[i]! *= length;
    }
  }
  if (at === AXES) for (let i = 0; i < operands.length; i++) fields[AXES * (i + 2) - 1] = 1;
  return fields;
}

/** The stride of an axis, counted from the end (−1 is the last), where an operand of size 1 is repeated. */
function strideOf({ shape }: Operand, axis: number, distance: number): number {
  const length = shape[shape.length + axis];
  return length === undefined || length === 1 ? 0 : distance;
}
