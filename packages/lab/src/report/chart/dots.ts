import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
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
}

/** Height of a row: its label, then its dots below. */
const ROW = 34;
const TOP = 6;
const MARGIN = 16;
/** Room for the axis. */
const BOTTOM = 38;

/** Values beside words as a figure, each with its spread. */
export function dotChart(chart: DotChart): Markup {
  const { rows, series, xFormat = 'number' } = chart;
  const values = rows.flatMap(({ dots }) =>
    dots.flatMap(({ value, spread }) =>
      value === null || !isDrawable(value) ? [] : [value - (spread ?? 0), value + (spread ?? 0)],
    ),
  );
  const height = TOP + rows.length * ROW + BOTTOM;
  const area = { left: MARGIN, right: CHART_WIDTH - MARGIN, top: TOP, bottom: TOP + rows.length * ROW };
  const plot = new Plot(area, scaleFor('linear', values, { format: xFormat }), scaleFor('linear', [0, 1]));
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
            ...rows.map((row, index) => drawRow(chart, plot, row, TOP + index * ROW)),
          ],
    legend: series.length > 1 ? legend(series.map((each) => ({ ...each, dash: 'solid' as const }))) : null,
    notes: null,
  });
}

function drawRow({ series }: DotChart, plot: Plot, { label, dots }: DotChart['rows'][number], top: number): Markup {
  const { left, right } = plot.area;
  const y = top + 24;
  const marks = dots.map(({ value, spread }, index) => {
    const style = series[index]!;
    if (value === null || !isDrawable(value)) return null;
    const center: Point = { x: plot.x(value), y };
    const bar = spread
      ? markup`<path class="spread ${colorClass(style)}" d="M${coordinate(plot.x(value - spread))} ${coordinate(y)}H${coordinate(plot.x(value + spread))}"/>`
      : null;
    return markup`${bar}<path class="marker ${colorClass(style)}" d="${markerPath(style, [center])}"><title>${label}, ${style.name}: ${plot.xScale.format(value)}</title></path>`;
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
