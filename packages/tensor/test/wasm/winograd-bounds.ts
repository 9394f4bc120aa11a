import { UNIT } from './variants.js';

type Pair = readonly [number, number];
type Table = readonly [readonly number[], readonly number[]];
type Matrix = readonly (readonly number[])[];

/**
 * How far the transforms of F(4×4, 3×3) may be from exact sums. All that they do is to multiply and to add, each time with
 * a relative error of at most u. A product of an input, a weight and the entries of the matrices on its way goes through at
 * most n roundings, so that the error is at most γ = nu/(1 − nu) times the same transforms of the absolute values with the
 * absolute values of the matrices (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1; for these
 * transforms, Barabasz et al., "Error analysis and improving the accuracy of Winograd convolution", 2020).
 */
const A = 0.75;
const B = 1.5;
const finitePoints = [0, A, -A, B, -B];

/** The coefficients, lowest first, of Π(x − root). */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) product = [0, ...product].map((value, i) => value - root * (product[i] ?? 0));
  return product;
}

const others = (point: number) => finitePoints.filter((each) => each !== point);
const absolute = (matrix: Matrix): Matrix => matrix.map((row) => row.map(Math.abs));

/** Bᵀ, G and A, in absolute values: a row for each point, the last one for infinity. */
const inputMatrix = absolute([
  ...finitePoints.map((point) => [...polynomial(others(point)), 0]),
  polynomial(finitePoints),
]);
const weightMatrix = absolute([
  ...finitePoints.map((point) => {
    const share = 1 / others(point).reduce((product, other) => product * (point - other), 1);
    return [share, share * point, share * point ** 2];
  }),
  [0, 0, 1],
]);
const outputMatrix = absolute([...finitePoints.map((point) => [1, point, point ** 2, point ** 3]), [0, 0, 0, 1]]);

const transpose = (matrix: Matrix): Matrix => matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));

function multiply(a: Matrix, b: Matrix): Matrix {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => row.reduce((sum, value, i) => sum + value * column[i]!, 0)));
}

/** M X Mᵀ. */
const transformed = (matrix: Matrix, x: Matrix): Matrix => multiply(multiply(matrix, x), transpose(matrix));

/** Roundings on the way through one side of Bᵀ d B, G g Gᵀ (with two of its coefficients), A y Aᵀ, Aᵀ m A and Gᵀ s G. */
const ROUNDINGS = { input: 4, weight: 5, slopes: 3, output: 4, weightSlopes: 6 };

/**
 * What is added to magnitudes so that underflow, whose error is at most u·2⁻¹²⁶, is covered as well: each number on the way
 * is then counted with more than 2⁻¹²⁶.
 */
const FLOOR = 2 ** -120;

const gamma = (roundings: number): number => (roundings * UNIT) / (1 - roundings * UNIT);

/** Absolute values of a square of a plane, zeros outside it; NaN and infinities, whose sums have no bound, count as zeros. */
function square([shape, data]: Table, plane: number, top: number, left: number, side: number): Matrix {
  const [, , height, width] = shape as [number, number, number, number];
  const at = (y: number, x: number) => {
    const inside = y >= 0 && y < height && x >= 0 && x < width;
    const value = inside ? Math.abs(data[(plane * height + y) * width + x]!) : 0;
    return (Number.isFinite(value) ? value : 0) + FLOOR;
  };
  return Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_unused, j) => at(top + i, left + j)));
}

/** The weight of the convolution that makes the gradient of the input from that of the output. */
export function turnedWeight([shape, data]: Table, groups: number): Table {
  const [allFilters, channels] = shape as [number, number];
  const filters = allFilters / groups;
  const turned = data.map((_, i) => {
    const tap = i % 9;
    const f = Math.floor(i / 9) % filters;
    const channel = Math.floor(i / 9 / filters);
    const filter = Math.floor(channel / channels) * filters + f;
    return data[(filter * channels + (channel % channels)) * 9 + 8 - tap]!;
  });
  return [[groups * channels, filters, 3, 3], turned];
}

/** Bounds of the errors of a convolution's output; for the gradient of the input, the weight is the turned one. */
export function convolutionBounds(
  source: Table,
  weight: Table,
  bias: Table | undefined,
  outShape: readonly number[],
  padding: Pair,
  groups: number,
): number[] {
  const [images, allFilters, outHeight, outWidth] = outShape as [number, number, number, number];
  const [, channels] = weight[0] as [number, number];
  const filters = allFilters / groups;
  const factor = gamma(2 * (ROUNDINGS.weight + ROUNDINGS.input + ROUNDINGS.output) + channels + 1);
  const weights = Array.from({ length: allFilters * channels }, (_, plane) =>
    transformed(weightMatrix, square(weight, plane, 0, 0, 3)),
  );
  const bounds = new Array<number>(images * allFilters * outHeight * outWidth).fill(0);
  for (let image = 0; image < images; image++) {
    for (let group = 0; group < groups; group++) {
      for (let top = 0; top < outHeight; top += 4) {
        for (let left = 0; left < outWidth; left += 4) {
          const inputs = Array.from({ length: channels }, (_, c) => {
            const plane = (image * groups + group) * channels + c;
            return transformed(inputMatrix, square(source, plane, top - padding[0], left - padding[1], 6));
          });
          for (let f = group * filters; f < (group + 1) * filters; f++) {
            const products = Array.from({ length: 6 }, (_, i) =>
              Array.from({ length: 6 }, (_unused, j) =>
                inputs.reduce((sum, input, c) => sum + input[i]![j]! * weights[f * channels + c]![i]![j]!, FLOOR),
              ),
            );
            const shift = bias ? Math.abs(bias[1][f]!) : 0;
            transformed(transpose(outputMatrix), products).forEach((row, i) => {
              row.forEach((value, j) => {
                if (top + i >= outHeight || left + j >= outWidth) return;
                const place = ((image * allFilters + f) * outHeight + top + i) * outWidth + left + j;
                bounds[place] = factor * (value + (Number.isFinite(shift) ? shift : 0));
              });
            });
          }
        }
      }
    }
  }
  return bounds;
}

/** Bounds of the errors of the gradient of a weight. */
export function weightGradientBounds(
  source: Table,
  gradient: Table,
  shape: readonly number[],
  padding: Pair,
  groups: number,
): number[] {
  const [allFilters, channels] = shape as [number, number];
  const [images, , outHeight, outWidth] = gradient[0] as [number, number, number, number];
  const filters = allFilters / groups;
  const tiles = images * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  // The sums of the parts are added in the end: no more roundings than there are tiles, and one.
  const factor = gamma(2 * (ROUNDINGS.slopes + ROUNDINGS.input + ROUNDINGS.weightSlopes) + tiles + 2);
  const sums = Array.from({ length: allFilters * channels }, () =>
    Array.from({ length: 6 }, () => new Array<number>(6).fill(FLOOR)),
  );
  for (let image = 0; image < images; image++) {
    for (let top = 0; top < outHeight; top += 4) {
      for (let left = 0; left < outWidth; left += 4) {
        const inputs = Array.from({ length: groups * channels }, (_, c) =>
          transformed(
            inputMatrix,
            square(source, image * groups * channels + c, top - padding[0], left - padding[1], 6),
          ),
        );
        for (let f = 0; f < allFilters; f++) {
          const slopes = transformed(outputMatrix, square(gradient, image * allFilters + f, top, left, 4));
          for (let c = 0; c < channels; c++) {
            const input = inputs[Math.floor(f / filters) * channels + c]!;
            sums[f * channels + c]!.forEach((row, i) => {
              for (let j = 0; j < 6; j++) row[j]! += slopes[i]![j]! * input[i]![j]!;
            });
          }
        }
      }
    }
  }
  return sums.flatMap((sum) =>
    transformed(transpose(weightMatrix), sum)
      .flat()
      .map((value) => factor * value),
  );
}
