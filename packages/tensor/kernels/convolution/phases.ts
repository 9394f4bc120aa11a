// With a stride s, the gradient of the input falls into s·s convolutions, one for every remainder of the position modulo s,
// each with the taps that reach it.
import { ceilDiv } from '../task';

/** What stands for a distance where the stride skips a tap. */
export const NOTHING: i32 = i32.MIN_VALUE;

/** The distance in rows from an input to the output that tap `k` links it to, or NOTHING where the stride skips it. */
// @ts-ignore: decorator
@inline
export function shiftOf(phase: i32, k: i32, stride: i32, padding: i32, dilation: i32): i32 {
  const distance = phase + padding - k * dilation;
  return distance % stride == 0 ? distance / stride : NOTHING;
}

/** The number of taps that reach inputs of a phase. */
export function tapsOf(phase: i32, kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  let taps = 0;
  for (let k = 0; k < kernel; k++) {
    if (shiftOf(phase, k, stride, padding, dilation) != NOTHING) taps++;
  }
  return taps;
}

/** The smallest shift of all phases: that of the last tap in the earliest phase it reaches. */
// @ts-ignore: decorator
@inline
export function smallestShift(kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  const distance = padding - (kernel - 1) * dilation;
  return distance >= 0 ? ceilDiv(distance, stride) : -(-distance / stride);
}

/** The largest shift of all phases. */
// @ts-ignore: decorator
@inline
function largestShift(stride: i32, padding: i32): i32 {
  return (stride - 1 + padding) / stride;
}

/** Rows (or columns) of the output's gradient that as many inputs of every phase depend on. */
// @ts-ignore: decorator
@inline
export function spanOf(inputs: i32, kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  return inputs + largestShift(stride, padding) - smallestShift(kernel, stride, padding, dilation);
}

/** The number of phases that some tap reaches, whatever the padding. */
export function phasesReached(kernel: i32, stride: i32, dilation: i32): i32 {
  let reached = 0;
  for (let phase = 0; phase < stride; phase++) {
    if (tapsOf(phase, kernel, stride, 0, dilation) > 0) reached++;
  }
  return reached;
}
