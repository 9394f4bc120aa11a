/**
 * The smallest of 1, 2 and 5 times a power of ten that cuts `span` into at most `count` steps.
 * `span` and `count` are positive and finite.
 */
export function niceStep(span: number, count: number): number {
  const rough = span / count;
  const power = Math.floor(Math.log10(rough));
  const steps = [1, 2, 5, 10, 20].map((mantissa) => Number(`${mantissa}e${power}`));
  return steps.find((step) => step >= rough * (1 - ROUNDING)) ?? rough;
}

/** The multiples of `step` in [low, high], ascending. */
export function multiplesWithin(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - ROUNDING);
  const last = Math.floor(high / step + ROUNDING);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => multiple(first + index, step));
}

/** The smallest interval between multiples of `step` that contains [low, high]. */
export function intervalAround(low: number, high: number, step: number): [number, number] {
  return [multiple(Math.floor(low / step + ROUNDING), step), multiple(Math.ceil(high / step - ROUNDING), step)];
}

/**
 * Ticks for a logarithmic axis that contains [low, high], 0 < low ≤ high: 1, 2 and 5 times the powers of ten over up
 * to two decades, powers of ten beyond, and only some of them if they would be more than `count`. The first and the
 * last tick are the ends of the axis.
 */
export function logTicks(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low)) - 1;
  const last = Math.ceil(Math.log10(high)) + 1;
  const decades = Math.log10(high) - Math.log10(low);
  const mantissas = decades <= 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / count));
  const candidates: number[] = [];
  for (let exponent = Math.floor(first / stride) * stride; exponent <= last + stride; exponent += stride) {
    candidates.push(...mantissas.map((mantissa) => Number(`${mantissa}e${exponent}`)));
  }
  const start = candidates.findLastIndex((tick) => tick <= low * (1 + ROUNDING));
  const end = candidates.findIndex((tick) => tick >= high * (1 - ROUNDING));
  return candidates.slice(start === end ? start - 1 : start, (start === end ? end + 1 : end) + 1);
}

/** Relative slack for quotients that are whole numbers but for rounding. */
const ROUNDING = 1e-9;

function multiple(factor: number, step: number): number {
  return Number((factor * step).toPrecision(12));
}
