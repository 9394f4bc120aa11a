import { type Shape, sizeOf } from '@pnn/nn';

/** Which slots hold the elements of a vector. */
export interface Layout {
  readonly ciphertexts: number;
  /**
   * After so many slots, a power of two, the elements repeat, to the end of the ciphertext; all slots of a ciphertext where
   * there are several.
   */
  readonly period: number;
  /** For each element its first slot, plus the slots of the ciphertexts before its own. */
  readonly places: Int32Array;
}

function powerOfTwoFrom(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

function layoutOf(places: Int32Array, room: number, slots: number): Layout {
  return { ciphertexts: Math.ceil(room / slots), period: Math.min(slots, powerOfTwoFrom(room)), places };
}

/**
 * Places for the elements of a tensor: one after another, or, where that takes no more ciphertexts, each channel of an
 * image from a power of two on, so that the same element of all channels is a rotation away.
 */
export function layoutFor(shape: Shape, slots: number): Layout {
  const size = sizeOf(shape);
  const compact = layoutOf(
    Int32Array.from({ length: size }, (_, i) => i),
    size,
    slots,
  );
  if (shape.length !== 3) return compact;
  const [channels = 1, height = 1, width = 1] = shape;
  const plane = height * width;
  const stride = powerOfTwoFrom(plane);
  const aligned = layoutOf(
    Int32Array.from({ length: size }, (_, i) => Math.floor(i / plane) * stride + (i % plane)),
    channels * stride,
    slots,
  );
  const fits = aligned.ciphertexts === compact.ciphertexts && aligned.period === compact.period;
  return fits && stride <= slots ? aligned : compact;
}

/** The ciphertext of a place. */
export function ciphertextOf(place: number, slots: number): number {
  return Math.floor(place / slots);
}
