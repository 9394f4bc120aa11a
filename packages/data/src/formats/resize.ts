/** The weights by which the elements of a line from `start` on make one element of another line. */
interface Mixture {
  readonly start: number;
  readonly weights: Float64Array;
}

/**
 * How each element of a line of `to` elements is mixed from one of `from` elements: by a triangle around its place that is
 * two elements wide, of the coarser line, so that nothing is skipped when a line gets shorter.
 */
function mixtures(from: number, to: number): Mixture[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - reach + 0.5));
    const end = Math.min(from, Math.floor(center + reach + 0.5));
    const weights = Float64Array.from({ length: end - start }, (__, k) =>
      Math.max(0, 1 - Math.abs((start + k + 0.5 - center) / reach)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * A plane of bytes in another size, by linear interpolation that averages when it shrinks (as Pillow's BILINEAR and
 * torchvision's resize with antialiasing): columns first, rounded to bytes once.
 */
export function resizePlane(
  plane: Uint8Array,
  [height, width]: readonly [height: number, width: number],
  [newHeight, newWidth]: readonly [height: number, width: number],
): Uint8Array {
  const columns = mixtures(width, newWidth);
  const rows = mixtures(height, newHeight);
  const narrow = new Float64Array(height * newWidth);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < newWidth; i++) {
      const { start, weights } = columns[i]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * plane[row * width + start + k]!;
      narrow[row * newWidth + i] = sum;
    }
  }
  const result = new Uint8Array(newHeight * newWidth);
  for (let row = 0; row < newHeight; row++) {
    const { start, weights } = rows[row]!;
    for (let i = 0; i < newWidth; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * narrow[(start + k) * newWidth + i]!;
      result[row * newWidth + i] = Math.round(sum);
    }
  }
  return result;
}
