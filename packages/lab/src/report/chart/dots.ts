import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { ReferenceLine } from './line.js';
import type { Figure, Point } from './plot.js';
import { CHART_WIDTH, coordinate, emptyNote, figure, Plot, xAxis } from './plot.js';
import type { AxisFormat } from './scale.js';
import { isDrawable, scaleFor } from './scale.js';
import type { SeriesStyle } from './series.js';
import { colorClass, legend, markerPath } from './series.js';

/** What was measured in one row, for one series. */
export interface Dot {
  /** Null if it was not measured, or has no value. */
  readonly value: number | null;
  /** Drawn as a bar to both sides. */
  readonly spread?: number | null;
}

/** A chart of values that belong to words: a row for each word, a dot for each series. */
export interface DotChart extends Figure {
  readonly rows: readonly { readonly label: string; readonly dots: readonly Dot[] }[];
  /** The looks and names of the dots of a row. */
  readonly series: readonly (SeriesStyle & { readonly name: string })[];
  readonly xLabel: string;
  /** Default `number`. */
  readonly xFormat?: AxisFormat;
  /** Values besides the dots that the axis must reach. */
  readonly xInclude?: readonly number[];
  /** Vertical lines that dots are compared with. */
  readonly references?: readonly ReferenceLine[];
}

const ORIGIN: Point = { x: 0, y: 0 };
/** How much larger markers are than those of lines. */
const MARKER = 1.7;

/** Height of a row: its label, then its dots below. */
const ROW = 34;
const TOP = 6;
const MARGIN = 16;
/** Room for the axis. */
const BOTTOM = 38;

/** Values beside words as a figure, each with its spread. */
export function dotChart(chart: DotChart): Markup {
  const { rows, series, xFormat = 'number', xInclude = [], references = [] } = chart;
  const values = rows.flatMap(({ dots }) =>
    dots.flatMap(({ value, spread }) =>
      value === null || !isDrawable(value) ? [] : [value - (spread ?? 0), value + (spread ?? 0)],
    ),
  );
  const scaled = [...values, ...xInclude, ...references.map(({ value }) => value)];
  const height = TOP + rows.length * ROW + BOTTOM;
  const area = { left: MARGIN, right: CHART_WIDTH - MARGIN, top: TOP, bottom: TOP + rows.length * ROW };
  const plot = new Plot(area, scaleFor('linear', scaled, { format: xFormat }), scaleFor('linear', [0, 1]));
  return figure(chart, {
    height,
    description: describe(chart, plot),
    drawing:
      values.length === 0
        ? emptyNote(area, 'nothing was measured')
        : [
            ...plot.xScale.ticks.map(
              ({ value }) =>
                markup`<line class="grid" x1="${plot.x(value)}" x2="${plot.x(value)}" y1="${TOP}" y2="${area.bottom}"/>`,
            ),
            ...xAxis(plot, chart.xLabel),
            ...references
              .filter(({ value }) => isDrawable(value))
              .map(({ label, value }) => referenceLine(plot, label, plot.x(value))),
            ...rows.map((row, index) => drawRow(chart, plot, row, TOP + index * ROW)),
          ],
    legend: series.length > 1 ? legend(series) : null,
    notes: null,
  });
}

/** A line with its name below the axis, where rows have no labels. */
function referenceLine({ area }: Plot, label: string, x: number): Markup {
  return markup`<line class="reference" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/><text class="reference-label" x="${x}" y="${area.bottom + 31}" text-anchor="middle">${label}</text>`;
}

function drawRow({ series }: DotChart, plot: Plot, { label, dots }: DotChart['rows'][number], top: number): Markup {
  const { left, right } = plot.area;
  const y = top + 24;
  const marks = dots.map(({ value, spread }, index) => {
    const style = series[index]!;
    if (value === null || !isDrawable(value)) return null;
    const x = plot.x(value);
    const bar = spread
      ? markup`<path class="spread ${colorClass(style)}" d="M${coordinate(plot.x(value - spread))} ${coordinate(y)}H${coordinate(plot.x(value + spread))}"/>`
      : null;
    return markup`${bar}<path class="marker ${colorClass(style)}" transform="translate(${x} ${y}) scale(${MARKER})" d="${markerPath(style, [ORIGIN])}"><title>${label}, ${style.name}: ${plot.xScale.format(value)}</title></path>`;
  });
  const missing = dots.every(({ value }) => value === null || !isDrawable(value))
    ? markup`<text class="empty" x="${(left + right) / 2}" y="${y + 4}" text-anchor="middle">none</text>`
    : null;
  return markup`<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/><text class="row-label" x="${left}" y="${top + 13}">${label}</text>${marks}${missing}`;
}

function describe({ rows, series }: DotChart, plot: Plot): string {
  return rows
    .map(({ label, dots }) => {
      const texts = dots.map(({ value }, index) => {
        const text = value === null || !isDrawable(value) ? 'none' : plot.xScale.format(value);
        return series.length > 1 ? `${series[index]!.name} ${text}` : text;
      });
      return `${label}: ${texts.join(', ')}.`;
    })
    .join(' ');
}
