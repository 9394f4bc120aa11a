import type { Generator } from '@pnn/nn';
import type { PenPoint } from './spline.js';

/** Standard deviation of the sum of four independent bytes. */
const SPREAD_OF_FOUR_BYTES = Math.sqrt((4 * (256 * 256 - 1)) / 12);

/**
 * Nearly standard normal and never beyond ±3.46: the sum of the four bytes of one random word (Irwin-Hall). Unlike
 * logarithm and cosine, which may differ in the last bit, its arithmetic is the same in every JavaScript engine.
 */
export function boundedNormal(generator: Generator): number {
  const word = generator.bits();
  const sum = (word & 0xff) + ((word >>> 8) & 0xff) + ((word >>> 16) & 0xff) + (word >>> 24);
  return (sum - 510) / SPREAD_OF_FOUR_BYTES;
}

/** Uniform in [low, high). */
export function uniformBetween(generator: Generator, low: number, high: number): number {
  return low + (high - low) * generator.uniform();
}

/** The matrix [[xx, xy], [yx, yy]] of a linear map of the plane. */
export interface LinearMap {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/**
 * Scales by width and height, then shears to the right by `slant` times the height above, then rotates clockwise (y
 * points downwards) by the angle 2·arctan(halfTurn).
 *
 * @param halfTurn the tangent of half the angle: sine and cosine are then quotients, the same in every engine
 */
export function linearMap(width: number, height: number, slant: number, halfTurn: number): LinearMap {
  const denominator = 1 + halfTurn * halfTurn;
  const cosine = (1 - halfTurn * halfTurn) / denominator;
  const sine = (2 * halfTurn) / denominator;
  return {
    xx: cosine * width,
    xy: (-cosine * slant - sine) * height,
    yx: sine * width,
    yy: (cosine - sine * slant) * height,
  };
}

/** The four weights of the uniform cubic B-spline at the fraction t between two knots; they add up to 1. */
function splineWeights(t: number): readonly [number, number, number, number] {
  const s = 1 - t;
  return [(s * s * s) / 6, (t * t * (3 * t - 6) + 4) / 6, (s * s * (3 * s - 6) + 4) / 6, (t * t * t) / 6];
}

/**
 * A smooth random displacement of a square sheet: the elastic distortion of Simard, Steinkraus and Platt, "Best
 * Practices for Convolutional Neural Networks Applied to Visual Document Analysis" (ICDAR 2003), with white noise
 * smoothed by a cubic B-spline in place of a Gaussian. The spline with knots a distance h apart has the standard
 * deviation h/√3, so that knots 7 pixels apart are the σ = 4 of that paper.
 */
export class ElasticField {
  readonly #knotDistance: number;
  readonly #columns: number;
  readonly #displacement: Float64Array;

  /**
   * @param size width and height of the sheet
   * @param knotDistance the scale on which displacements vary
   * @param strength standard deviation of the noise at each knot in x and in y, before the smoothing
   */
  constructor(generator: Generator, size: number, knotDistance: number, strength: number) {
    this.#knotDistance = knotDistance;
    this.#columns = Math.ceil(size / knotDistance) + 3;
    this.#displacement = new Float64Array(2 * this.#columns ** 2);
    for (let i = 0; i < this.#displacement.length; i++) this.#displacement[i] = strength * boundedNormal(generator);
  }

  /** The point moved by the displacement at its place; beyond the sheet, by that at the nearest edge. */
  move(point: PenPoint): PenPoint {
    const last = this.#columns - 4;
    const u = Math.min(Math.max(point.x / this.#knotDistance, 0), last + 1);
    const v = Math.min(Math.max(point.y / this.#knotDistance, 0), last + 1);
    const column = Math.min(Math.floor(u), last);
    const row = Math.min(Math.floor(v), last);
    const across = splineWeights(u - column);
    const down = splineWeights(v - row);
    let { x, y } = point;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const weight = down[i]! * across[j]!;
        const at = 2 * ((row + i) * this.#columns + column + j);
        x += weight * this.#displacement[at]!;
        y += weight * this.#displacement[at + 1]!;
      }
    }
    return { x, y, radius: point.radius };
  }
}
