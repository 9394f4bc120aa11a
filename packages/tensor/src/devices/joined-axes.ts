import type { Shape } from '../shape.js';

/** A shape and the strides of operands along it, with axes that are walked through as one joined. */
export interface JoinedAxes {
  readonly shape: Shape;
  readonly strides: readonly (readonly number[])[];
}

/** Joins neighboring axes wherever every operand goes on along the outer one where the inner one ends. */
export function joinAxes(shape: Shape, strides: readonly (readonly number[])[]): JoinedAxes {
  const joined: number[] = [];
  const joinedStrides: number[][] = strides.map(() => []);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const inner = joined[0];
    if (inner !== undefined && strides.every((own, i) => own[axis] === joinedStrides[i]![0]! * inner)) {
      joined[0] = inner * length;
      continue;
    }
    joined.unshift(length);
    for (const [i, own] of strides.entries()) joinedStrides[i]!.unshift(own[axis]!);
  }
  return { shape: joined, strides: joinedStrides };
}
