import { scalarLike } from '../apply.js';
import { linspace, onesLike } from '../creation.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { cubicKernel } from '../interpolation.js';
import { where } from '../methods/elementwise.js';
import { checkFloat, checkInteger, checkSameType } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { stack } from './movement.js';

/** How places between and beyond the elements of a plane are read. */
export interface GridSampleOptions {
  /** @default 'bilinear' */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /**
   * What lies beyond the edges: zeros, the elements at the edge, or the plane mirrored.
   *
   * @default 'zeros'
   */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /**
   * Whether −1 and 1 are the centers of the elements at the corners, rather than their outer edges.
   *
   * @default false
   */
  readonly alignCorners?: boolean;
}

type PaddingMode = NonNullable<GridSampleOptions['paddingMode']>;

/** One axis of the plane that is read. */
interface Axis {
  readonly length: number;
  readonly paddingMode: PaddingMode;
  readonly alignCorners: boolean;
}

/** x limited to [0, high]; unlike that of clamp, the gradient is 0 at both limits, as PyTorch's. */
function clipped(x: Tensor, high: number): Tensor {
  const lowest = scalarLike('gridSample', 0, x);
  const highest = scalarLike('gridSample', high, x);
  return where(x.greater(lowest), where(x.less(highest), x, highest), lowest);
}

/** Mirrored at the centers of the elements at the ends, or at their outer edges, as often as it takes. */
function reflected(x: Tensor, { length, alignCorners }: Axis): Tensor {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? length - 1 : length;
  if (span === 0) return x.mul(0);
  const distance = x.sub(low).abs();
  const flips = distance.detach().div(span).floor();
  const rest = distance.sub(flips.mul(span));
  const isOdd = flips.sub(flips.div(2).floor().mul(2)).greater(0);
  return where(isOdd, rest.neg().add(span), rest).add(low);
}

/** The place within the plane, where it is to be there. */
function placed(x: Tensor, axis: Axis): Tensor {
  if (axis.paddingMode === 'zeros') return x;
  const within = axis.paddingMode === 'reflection' ? reflected(x, axis) : x;
  return clipped(within, axis.length - 1);
}

/** Elements along an axis, one for each place, and what each counts. */
interface Tap {
  /** Whole numbers, inside the plane. */
  readonly position: Tensor;
  readonly weight: Tensor;
}

/** Whole places as positions; where zeros lie beyond the edges, those outside count nothing. */
function tap(place: Tensor, weight: Tensor, axis: Axis): Tap {
  if (axis.paddingMode !== 'zeros') return { position: placed(place, axis), weight };
  const inside = place.clamp(0, axis.length - 1);
  // Not a product with 0: of places at infinity the weight is NaN.
  const counted = where(inside.equal(place), weight, scalarLike('gridSample', 0, weight));
  return { position: inside, weight: counted };
}

function polynomialAt(coefficients: readonly [number, number, number, number], x: Tensor): Tensor {
  const [constant, linear, square, cube] = coefficients;
  return x.mul(cube).add(square).mul(x).add(linear).mul(x).add(constant);
}

const taps: Readonly<Record<NonNullable<GridSampleOptions['mode']>, (place: Tensor, axis: Axis) => readonly Tap[]>> = {
  nearest: (place, axis) => {
    const whole = placed(place, axis).detach().round();
    return [tap(whole, onesLike(whole), axis)];
  },
  bilinear: (place, axis) => {
    const at = placed(place, axis);
    const first = at.detach().floor();
    const t = at.sub(first);
    return [tap(first, t.neg().add(1), axis), tap(first.add(1), t, axis)];
  },
  // Of what lies beyond the edge there are whole elements: the place itself is not moved.
  bicubic: (place, axis) => {
    const first = place.detach().floor();
    const t = place.sub(first);
    const rest = t.neg().add(1);
    return [
      tap(first.sub(1), polynomialAt(cubicKernel.far, t.add(1)), axis),
      tap(first, polynomialAt(cubicKernel.near, t), axis),
      tap(first.add(1), polynomialAt(cubicKernel.near, rest), axis),
      tap(first.add(2), polynomialAt(cubicKernel.far, rest.add(1)), axis),
    ];
  },
};

/** Floats hold whole numbers up to here, and GPUs multiply no others. */
const MAX_EXACT = 2 ** 24;

/** The positions in planes whose rows come one after the other. */
function flatPosition(row: Tensor, column: Tensor, height: number, width: number): Tensor {
  if (height * width <= MAX_EXACT) return row.mul(width).add(column).cast('int32');
  return row.cast('int32').mul(width).add(column.cast('int32'));
}

/** From −1…1 to the places of the elements, which count from 0. */
function unnormalized(coordinate: Tensor, { length, alignCorners }: Axis): Tensor {
  return alignCorners ? coordinate.add(1).mul((length - 1) / 2) : coordinate.add(1).mul(length).sub(1).div(2);
}

/**
 * A plane read at places between its elements: x [N,C,H,W], grid [N,OH,OW,2] of places (column, row) from −1 at one end of
 * the plane to 1 at the other → [N,C,OH,OW]. Gradients flow to both, for the nearest element to x alone.
 *
 * Source: Jaderberg et al., "Spatial Transformer Networks" (arXiv 1506.02025), section 3.3.
 *
 * @throws ShapeError where the shapes do not fit
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  checkFloat('gridSample', x);
  checkSameType('gridSample', x, grid);
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const isGrid = grid.rank === 4 && grid.shape[3] === 2;
  if (x.rank !== 4 || !isGrid || grid.shape[0] !== images || height === 0 || width === 0) {
    throw new ShapeError(
      `gridSample: input ${formatShape(x.shape)}, grid ${formatShape(grid.shape)}: they must be [N,C,H,W], with elements ` +
        'in each plane, and [N,OH,OW,2]',
    );
  }
  if (!Object.hasOwn(taps, mode) || !['zeros', 'border', 'reflection'].includes(paddingMode)) {
    throw new ArgumentError(
      `gridSample: mode '${mode}', paddingMode '${paddingMode}': they must be one of ${Object.keys(taps).join(', ')}, and ` +
        'one of zeros, border, reflection',
    );
  }
  const [, outHeight, outWidth] = grid.shape as [number, number, number, number];
  const places = outHeight * outWidth;
  const along = (index: number, length: number) => {
    const axis = { length, paddingMode, alignCorners };
    const coordinate = grid.slice([[], [], [], index]).reshape([images, 1, places]);
    return taps[mode](unnormalized(coordinate, axis), axis);
  };
  const columns = along(0, width);
  const rows = along(1, height);
  const elements = x.reshape([images, channels, height * width]);
  const terms = rows.flatMap((row) =>
    columns.map((column) => {
      const index = flatPosition(row.position, column.position, height, width);
      return elements.gather(2, index).mul(row.weight.mul(column.weight));
    }),
  );
  return terms.reduce((sum, term) => sum.add(term)).reshape([images, channels, outHeight, outWidth]);
}

/**
 * The places that affine maps θ [N,2,3] send the elements of a plane to, for gridSample: [N,H,W,2] for size [N,C,H,W].
 *
 * @throws ShapeError where θ is not for N maps of a plane
 */
export function affineGrid(theta: Tensor, size: Shape, options: { readonly alignCorners?: boolean } = {}): Tensor {
  checkFloat('affineGrid', theta);
  const [images, , height, width] = size as [number, number, number, number];
  if (
    size.length !== 4 ||
    theta.rank !== 3 ||
    theta.shape[0] !== images ||
    theta.shape[1] !== 2 ||
    theta.shape[2] !== 3
  ) {
    throw new ShapeError(
      `affineGrid: θ ${formatShape(theta.shape)} for a size of ${formatShape(size)}: they must be [N,2,3] and [N,C,H,W]`,
    );
  }
  const centers = (length: number) => {
    checkInteger('affineGrid', 'length', length, 1);
    const end = options.alignCorners ? 1 : (length - 1) / length;
    return length === 1 ? linspace(0, 0, 1, theta) : linspace(-end, end, length, theta);
  };
  const columns = centers(width).reshape([1, width]).broadcastTo([height, width]);
  const rows = centers(height).reshape([height, 1]).broadcastTo([height, width]);
  const places = stack([columns, rows, onesLike(rows)], 2).reshape([height * width, 3]);
  return places.matmul(theta, { transposeB: true }).reshape([images, height, width, 2]);
}
