import { type Shape, sizeOf } from '@pnn/nn';

/**
 * Slots that the channels of images lie on. With gaps, several channels share a plane (multiplexed packing; E. Lee et al., "Low-
 * Complexity Deep Convolutional Neural Networks on Fully Homomorphic Encryption Using Multiplexed Parallel Convolutions", 2022):
 * what a strided convolution gives stays where the windows are, and other channels are in between.
 */
export interface Grid {
  /** Slots of a plane, a power of two. */
  readonly plane: number;
  /** Slots from one line of a plane to the next. */
  readonly pitch: number;
  /** Lines and columns from one element to the next: 1 where they are side by side. */
  readonly gap: readonly [lines: number, columns: number];
}

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
  /** Where they are the elements of an image, and how it lies. */
  readonly image?: { readonly shape: Shape; readonly grid: Grid };
}

function powerOfTwoFrom(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}

/** Channels, lines and columns: a recording [C,T] has one line. Undefined for vectors. */
function imageShape(shape: Shape): Shape | undefined {
  if (shape.length === 3) return shape;
  return shape.length === 2 ? [shape[0]!, 1, shape[1]!] : undefined;
}

function layoutOf(places: Int32Array, room: number, slots: number, image?: Layout['image']): Layout {
  const common = { ciphertexts: Math.ceil(room / slots), period: Math.min(slots, powerOfTwoFrom(room)), places };
  return image ? { ...common, image } : common;
}

/** Elements one after another. */
function compactLayout(size: number, slots: number): Layout {
  return layoutOf(
    Int32Array.from({ length: size }, (_, i) => i),
    size,
    slots,
  );
}

/** Channels of an image on a grid; undefined where they do not fit in its planes. */
function layoutOnGrid(shape: Shape, grid: Grid, slots: number): Layout | undefined {
  const [channels = 1, height = 1, width = 1] = shape;
  const { plane, pitch, gap } = grid;
  const [lastLine, lastColumn] = [(height - 1) * gap[0], (width - 1) * gap[1]];
  const lines = Math.min(gap[0], Math.floor((plane - 1 - lastColumn) / pitch) - lastLine + 1);
  const columns = Math.min(gap[1], pitch - lastColumn);
  // The last channel of a plane must not run into the next plane.
  if (lines < 1 || columns < 1 || (lastLine + lines - 1) * pitch + lastColumn + columns > plane) return undefined;
  const shared = lines * columns;
  const places = new Int32Array(sizeOf(shape));
  let i = 0;
  for (let channel = 0; channel < channels; channel++) {
    const phase = channel % shared;
    const corner = Math.floor(channel / shared) * plane + Math.floor(phase / columns) * pitch + (phase % columns);
    for (let line = 0; line < height; line++) {
      for (let column = 0; column < width; column++) {
        places[i++] = corner + line * gap[0] * pitch + column * gap[1];
      }
    }
  }
  return layoutOf(places, Math.ceil(channels / shared) * plane, slots, { shape, grid });
}

/**
 * Places for the elements of a tensor: one after another, or, where that takes no more ciphertexts, each channel of an
 * image from a power of two on, so that the same element of all channels is a rotation away.
 */
export function layoutFor(shape: Shape, slots: number): Layout {
  const compact = compactLayout(sizeOf(shape), slots);
  const image = imageShape(shape);
  if (!image) return compact;
  const [, height = 1, width = 1] = image;
  const plane = powerOfTwoFrom(height * width);
  if (plane > slots) return compact;
  const aligned = layoutOnGrid(image, { plane, pitch: width, gap: [1, 1] }, slots);
  return aligned?.ciphertexts === compact.ciphertexts && aligned.period === compact.period ? aligned : compact;
}

/** Strides from one length to another that round down or up. */
function stridesBetween(from: number, to: number): number[] {
  const ratio = from / to;
  return [...new Set([1, Math.floor(ratio), Math.round(ratio), Math.ceil(ratio)])].filter((stride) => stride >= 1);
}

/**
 * Layouts to choose from for what is computed of images: on planes of its own, or on those of an operand, with gaps as a strided
 * window leaves them.
 */
export function layoutsFor(shape: Shape, slots: number, operands: readonly Layout[]): Layout[] {
  const options = [layoutFor(shape, slots)];
  const own = imageShape(shape);
  if (!own) return options;
  const [, height = 1, width = 1] = own;
  const seen = new Set<string>();
  for (const { image } of operands) {
    if (!image) continue;
    const [, lines = 1, columns = 1] = image.shape;
    const { plane, pitch, gap } = image.grid;
    for (const vertical of stridesBetween(lines, height)) {
      for (const horizontal of stridesBetween(columns, width)) {
        const grid: Grid = { plane, pitch, gap: [gap[0] * vertical, gap[1] * horizontal] };
        const key = [plane, pitch, ...grid.gap].join();
        if (seen.has(key)) continue;
        seen.add(key);
        const layout = layoutOnGrid(own, grid, slots);
        if (layout) options.push(layout);
      }
    }
  }
  return options;
}
