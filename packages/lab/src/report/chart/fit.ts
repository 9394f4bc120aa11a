import { formatNumber } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { CurvePoint, HistogramRecord } from '../record.js';
import { histogramBars } from './histogram.js';
import type { Figure, Point } from './plot.js';
import { emptyNote, figure, linePath, Plot, plotArea, xAxis, yAxis } from './plot.js';
import type { Scale } from './scale.js';
import { extent, isDrawable, scaleFor } from './scale.js';
import type { SeriesStyle } from './series.js';
import { lineClass } from './series.js';

/** What a fit chart shows. */
export interface FitChart extends Figure {
  readonly curve: readonly CurvePoint[];
  readonly histogram: HistogramRecord;
  /** B: the polynomial approximates its target on [-B, B]. */
  readonly bound: number;
  /** The boundary loss begins at |x| = αB. */
  readonly alpha: number;
}

/** How the target and the polynomial are drawn, for a legend. */
export const TARGET_STYLE: SeriesStyle & { name: string } = { name: 'target', color: 0, dash: 'dashed' };
export const POLYNOMIAL_STYLE: SeriesStyle & { name: string } = { name: 'polynomial', color: 1 };

const HISTOGRAM_HEIGHT = 40;

/**
 * A polynomial over its target, with ±B and ±αB marked, and under both, on the same x axis, the histogram of the inputs.
 * The y axis follows the target, so that a polynomial that runs away beyond ±B leaves the picture.
 */
export function fitChart(chart: FitChart): Markup {
  const { bound, alpha, histogram } = chart;
  const curve = chart.curve.filter(({ x }) => isDrawable(x));
  const xs = curve.length > 0 ? curve.map(({ x }) => x) : histogram.edges;
  const yScale = scaleFor('linear', shownValues(curve, bound), { count: 4 });
  const xScale = scaleFor('linear', xs, { rounded: false, count: 7 });
  const whole = plotArea(yScale);
  const upper = { ...whole, bottom: whole.bottom - HISTOGRAM_HEIGHT - 6 };
  const lower = { ...whole, top: whole.bottom - HISTOGRAM_HEIGHT };
  const drawing =
    xs.length === 0
      ? emptyNote(whole, 'nothing was recorded')
      : [
          ...xAxis(new Plot(lower, xScale, yScale), 'x'),
          histogramBars(histogram, new Plot(lower, xScale, yScale)),
          ...boundaries(bound, alpha, new Plot(whole, xScale, yScale)),
          curve.length === 0
            ? emptyNote(upper, 'no curve was recorded')
            : curves(curve, new Plot(upper, xScale, yScale)),
        ];
  const notes = [...gapNotes(curve), ...outsideNote(histogram, xScale)];
  return figure(chart, {
    description: describe(chart),
    drawing,
    legend: null,
    notes:
      notes.length === 0 ? null : markup`<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>\n`,
  });
}

/** The largest |polynomial − target| over the points of the curve within [-B, B]; `null` if there is none. */
export function largestError(curve: readonly CurvePoint[], bound: number): number | null {
  return curve
    .filter(({ x }) => Math.abs(x) <= bound)
    .map(({ target, polynomial }) => Math.abs(polynomial - target))
    .reduce<number | null>((largest, error) => Math.max(largest ?? 0, error), null);
}

/** The target, and the polynomial within [-B, B] as far as it strays by at most half the extent of the target. */
function shownValues(curve: readonly CurvePoint[], bound: number): number[] {
  const targets = curve.map(({ target }) => target).filter((value) => isDrawable(value));
  const [low, high] = extent(targets);
  const stray = (high - low) / 2;
  const polynomial = curve
    .filter((point) => Math.abs(point.x) <= bound && isDrawable(point.polynomial))
    .map((point) => Math.min(high + stray, Math.max(low - stray, point.polynomial)));
  return [...targets, ...(targets.length === 0 ? [] : polynomial)];
}

/** Axis, target and polynomial; an inner `svg` cuts off what runs out of the picture. */
function curves(curve: readonly CurvePoint[], plot: Plot): Markup {
  const { left, right, top, bottom } = plot.area;
  const [width, height] = [right - left, bottom - top + 4];
  const line = (style: SeriesStyle, value: (point: CurvePoint) => number) => {
    const points = curve.map((point): Point | null =>
      isDrawable(value(point)) ? { x: plot.x(point.x), y: plot.y(value(point)) } : null,
    );
    return markup`<path class="${lineClass(style)}" d="${linePath(points)}"/>`;
  };
  return markup`${yAxis(plot)}<svg x="${left}" y="${top - 2}" width="${width}" height="${height}" viewBox="${left} ${top - 2} ${width} ${height}">
${line(TARGET_STYLE, ({ target }) => target)}${line(POLYNOMIAL_STYLE, ({ polynomial }) => polynomial)}</svg>`;
}

function gapNotes(curve: readonly CurvePoint[]): string[] {
  return (['target', 'polynomial'] as const).flatMap((name) => {
    const gaps = curve.filter((point) => !isDrawable(point[name])).length;
    return gaps === 0 ? [] : [`the ${name} is NaN or infinite at ${gaps} of ${curve.length} points`];
  });
}

function boundaries(bound: number, alpha: number, plot: Plot): Markup[] {
  const marks = [
    { label: 'B', value: bound, anchor: 'start' },
    ...(alpha < 1 ? [{ label: 'αB', value: alpha * bound, anchor: 'end' }] : []),
  ];
  return marks
    .flatMap(({ label, value, anchor }) => [
      { label: `−${label}`, value: -value, anchor: anchor === 'start' ? 'end' : 'start' },
      { label, value, anchor },
    ])
    .filter(({ value }) => isDrawable(value) && withinAxis(plot.xScale.position(value)))
    .map(({ label, value, anchor }) => {
      const x = plot.x(value);
      return markup`<line class="reference" x1="${x}" x2="${x}" y1="${plot.area.top}" y2="${plot.area.bottom}"/><text class="reference-label" x="${x}" y="${plot.area.top - 4}" text-anchor="${anchor}">${label}</text>`;
    });
}

function outsideNote({ edges, counts }: HistogramRecord, xScale: Scale): string[] {
  const outside = counts.reduce((sum, count, index) => {
    const [low, high] = [edges[index] ?? Number.NaN, edges[index + 1] ?? Number.NaN];
    const beyond = isDrawable(low) && isDrawable(high) && (xScale.position(low) >= 1 || xScale.position(high) <= 0);
    return beyond ? sum + count : sum;
  }, 0);
  return outside > 0 ? [`${formatNumber(outside)} inputs lie outside the picture`] : [];
}

function withinAxis(position: number): boolean {
  return position >= 0 && position <= 1;
}

function describe({ curve, bound, histogram }: FitChart): string {
  const inputs = histogram.counts.reduce((sum, count) => sum + count, 0);
  return `Largest error on [−${formatNumber(bound)}, ${formatNumber(bound)}]: ${formatNumber(largestError(curve, bound))}. Histogram of ${formatNumber(inputs)} inputs.`;
}
