import { formatFixed, formatNumber, formatPercent, formatScientific, formatShare } from '../format.js';
import { intervalAround, logTicks, multiplesWithin, niceStep } from './ticks.js';

/** A mark on an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Maps values to positions along an axis. */
export interface Scale {
  readonly kind: 'linear' | 'log';
  readonly ticks: readonly Tick[];
  /** The part of the axis, 0 at its start and 1 at its end, that lies before `value`; `value` is {@link isDrawable}. */
  position(value: number): number;
  /** The value as text, with more digits than a tick. */
  format(value: number): string;
}

/** How values on an axis are written: as numbers, as percentages, or as whole numbers (such as epochs). */
export type AxisFormat = 'number' | 'percent' | 'integer';

/** What shapes an axis besides its values. */
export interface ScaleOptions {
  readonly format?: AxisFormat;
  /**
   * Whether the ends of the axis are rounded to ticks, or are those of the values.
   *
   * @default true
   */
  readonly rounded?: boolean;
  /**
   * The most ticks that there is room for, about.
   *
   * @default 5
   */
  readonly count?: number;
}

/** Whether a scale can place the value: beyond 1e±150 the arithmetic of the scales themselves could overflow. */
export function isDrawable(value: number, kind: Scale['kind'] = 'linear'): boolean {
  return Math.abs(value) <= 1e150 && (kind === 'linear' || value >= 1e-150);
}

/** The kind of axis on which all values can be told apart: logarithmic if none is negative and they span over 100 : 1. */
export function kindFor(values: readonly number[]): Scale['kind'] {
  const drawable = values.filter((value) => isDrawable(value));
  const positive = drawable.filter((value) => isDrawable(value, 'log'));
  if (positive.length === 0 || drawable.some((value) => value < 0)) return 'linear';
  return extent(positive)[1] / extent(positive)[0] > 100 ? 'log' : 'linear';
}

/** The scale of the given kind that contains every value it can draw; without any it spans [0, 1] or [1, 10]. */
export function scaleFor(kind: Scale['kind'], values: readonly number[], options: ScaleOptions = {}): Scale {
  const drawable = values.filter((value) => isDrawable(value, kind));
  const empty: [number, number] = kind === 'log' ? [1, 10] : [0, 1];
  const [lowest, highest] = drawable.length === 0 ? empty : extent(drawable);
  return kind === 'log' ? logScale(lowest, highest, options) : linearScale(lowest, highest, options);
}

function linearScale(lowest: number, highest: number, options: ScaleOptions): Scale {
  const { format = 'number', rounded = true, count = 5 } = options;
  const [from, to] = widened(lowest, highest);
  const natural = niceStep(to - from, count);
  const step = format === 'integer' ? Math.max(1, natural) : natural;
  const [low, high] = rounded ? intervalAround(from, to, step) : [from, to];
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  return {
    kind: 'linear',
    ticks: multiplesWithin(low, high, step).map((value) => ({
      value,
      label: linearLabel(value, step, magnitude, format),
    })),
    position: (value) => (value - low) / (high - low),
    format: formatterFor(format),
  };
}

function logScale(lowest: number, highest: number, options: ScaleOptions): Scale {
  const { format = 'number', count = 5 } = options;
  const values = logTicks(lowest, highest, count);
  const low = Math.log10(values[0]!);
  const high = Math.log10(values.at(-1)!);
  const label = (value: number) => (format === 'percent' ? `${formatNumber(value * 100, 1)}%` : formatNumber(value, 1));
  return {
    kind: 'log',
    ticks: values.map((value) => ({ value, label: label(value) })),
    position: (value) => (Math.log10(value) - low) / (high - low),
    format: formatterFor(format),
  };
}

/** An interval that is wide enough to divide, and that reaches below 0 only if a value does. */
function widened(low: number, high: number): [number, number] {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  if (magnitude < 1e-150) return [0, 1];
  return high - low > 1e-9 * magnitude ? [low, high] : [low - magnitude / 10, high + magnitude / 10];
}

function linearLabel(value: number, step: number, magnitude: number, format: AxisFormat): string {
  const shift = format === 'percent' ? 2 : 0;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) - shift);
  const suffix = format === 'percent' ? '%' : '';
  const scaled = value * 10 ** shift;
  if (value === 0) return `0${suffix}`;
  if (decimals > 5 || magnitude >= 1e6) return formatScientific(scaled, 6) + suffix;
  return formatFixed(scaled, decimals) + suffix;
}

function formatterFor(format: AxisFormat): (value: number) => string {
  if (format === 'percent') return (value) => (Math.abs(value) < 0.01 ? formatShare(value) : formatPercent(value));
  return formatNumber;
}

/** The smallest and the largest value; ∞ and −∞ of none. */
export function extent(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)] as [number, number], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
}
