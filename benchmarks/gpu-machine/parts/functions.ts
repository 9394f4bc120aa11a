import { apply, operators, tensor } from '@pnn/tensor';
import { unaryNames } from '../../../packages/tensor/src/kernels.js';
import { scalarFunctions } from '../../../packages/tensor/src/scalar-functions.js';
import { free, type Machine } from '../machine.js';

/** The distance in units in the last place of float32. */
function unitsBetween(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded) || (Number.isNaN(actual) && Number.isNaN(rounded))) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Number.POSITIVE_INFINITY;
  // Steps on the way to results near 2^−126 may be flushed to 0.
  if (Math.abs(exact) < 2 ** -110 && Math.abs(actual) < 2 ** -110) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(exact)));
  return Math.abs(actual - exact) / 2 ** (exponent - 23);
}

/** Numbers of all sizes, and dense ones where functions bend. */
function samples(count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const u = (i + 0.5) / count;
    const sign = i % 2 ? -1 : 1;
    switch (i % 4) {
      case 0:
        values[i] = -100 + 200 * u;
        break;
      case 1:
        values[i] = sign * 2 ** (-30 + 60 * u);
        break;
      case 2:
        values[i] = -4 + 8 * u;
        break;
      default:
        values[i] = (i % 8 === 3 ? 1 : -1) * 2 ** (-126 + 253 * u);
    }
  }
  values.set([0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1, 0.5]);
  return values;
}

/** How far every function is from its exact value. */
export async function functions({ device, scale, report }: Machine): Promise<void> {
  const values = samples(scale.batch < 128 ? 2 ** 12 : 2 ** 16);
  const x = tensor(values, { device });
  for (const name of unaryNames) {
    const result = apply(operators[name], [x], undefined)[0]!;
    const actual = await result.data();
    free(result);
    let worst = 0;
    let at = 0;
    let sum = 0;
    let special = 0;
    for (let i = 0; i < values.length; i++) {
      const units = unitsBetween(actual[i]!, scalarFunctions[name](values[i]!));
      if (units === Number.POSITIVE_INFINITY) special++;
      else sum += units;
      if (units > worst) {
        worst = units;
        at = i;
      }
    }
    report.add({
      function: name,
      worst: Number.isFinite(worst) ? Math.round(1000 * worst) / 1000 : String(worst),
      at: String(values[at]),
      is: String(actual[at]),
      mean: Math.round((1e4 * sum) / values.length) / 1e4,
      special,
    });
  }
  const b = tensor(values.slice().reverse(), { device });
  const quotient = x.div(b);
  const actual = await quotient.data();
  let worst = 0;
  for (let i = 0; i < values.length; i++) {
    const exact = values[i]! / values[values.length - 1 - i]!;
    if (Math.abs(exact) < 2 ** 100 && Math.abs(exact) > 2 ** -100)
      worst = Math.max(worst, unitsBetween(actual[i]!, exact));
  }
  report.add({ function: 'div', worst });
  free(x, b, quotient);
}
