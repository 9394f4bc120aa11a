import type { Tensor } from '@pnn/tensor';

/** For each element the one after (or before) it along an axis, and `fill` where there is none. */
export function neighbor(x: Tensor, axis: number, side: 'before' | 'after', fill: number): Tensor {
  if (x.shape[axis] === 0) return x;
  const widths = side === 'after' ? ([-1, 1] as const) : ([1, -1] as const);
  return x.pad(
    x.shape.map((_, each) => (each === axis ? widths : [0, 0])),
    fill,
  );
}
