import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Figure } from './plot.js';
import { coordinate, emptyNote, figure, linePath, Plot, plotArea, xAxis, yAxis } from './plot.js';
import type { AxisFormat, Scale } from './scale.js';
import { isDrawable, kindFor, scaleFor } from './scale.js';
import type { Series } from './series.js';
import { colorClass, legend, lineClass, markerPath } from './series.js';

/** A horizontal line that values are compared with. */
export interface ReferenceLine {
  readonly label: string;
  readonly value: number;
}

/** A place on the x axis that is pointed out. */
export interface Mark {
  readonly label: string;
  readonly x: number;
}

/** What a line chart shows. */
export interface LineChart extends Figure {
  readonly series: readonly Series[];
  readonly xLabel: string;
  /** Default `integer`, for epochs. */
  readonly xFormat?: AxisFormat;
  /** Default `linear`. */
  readonly xKind?: Scale['kind'];
  /** Default `number`. */
  readonly yFormat?: AxisFormat;
  /** Default `auto`: logarithmic if the values cannot be told apart otherwise (see {@link kindFor}). */
  readonly yKind?: Scale['kind'] | 'auto';
  /** Values besides those of the series that the y axis must reach, so that charts can be compared. */
  readonly yInclude?: readonly number[];
  readonly references?: readonly ReferenceLine[];
  /** Vertical lines; the x axis reaches them. */
  readonly marks?: readonly Mark[];
  /** Default: if there are several series. */
  readonly legend?: boolean;
}

/** Up to this many points a series marks each of them. */
const MAX_MARKERS = 24;

/** Up to this many x, hovering over the column of each tells the values there. */
const MAX_HOVER_COLUMNS = 200;

/**
 * Lines over a common x axis as a figure. What cannot be drawn is shown at the edge and explained below: `▲` for +∞,
 * `▼` for −∞ and, on a logarithmic axis, for what is not positive, `×` for NaN. Points whose x cannot be drawn are left out.
 */
export function lineChart(chart: LineChart): Markup {
  const { xFormat = 'integer', xKind = 'linear', yFormat = 'number', yKind = 'auto', references = [] } = chart;
  const series = chart.series.map((line) => ({ ...line, points: line.points.filter(({ x }) => isDrawable(x, xKind)) }));
  const marks = (chart.marks ?? []).filter(({ x }) => isDrawable(x, xKind));
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ y, spread }) => (y === null ? [] : spread ? [y - spread, y, y + spread] : [y])),
  );
  const scaled = [...values, ...(chart.yInclude ?? []), ...references.map(({ value }) => value)];
  const kind = yKind === 'auto' ? kindFor(scaled) : yKind;
  const yScale = scaleFor(kind, scaled, { format: yFormat });
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const xScale = scaleFor(xKind, [...xs, ...marks.map(({ x }) => x)], { format: xFormat, rounded: false, count: 7 });
  const plot = new Plot(
    plotArea(
      yScale,
      references.map(({ label }) => label),
    ),
    xScale,
    yScale,
  );
  const drawing =
    values.length === 0
      ? emptyNote(plot.area, 'nothing was measured')
      : [
          ...yAxis(plot),
          ...xAxis(plot, chart.xLabel),
          ...referenceLines(plot, references),
          ...markLines(plot, marks),
          ...series.map((line) => drawSeries(plot, line)),
          xs.length <= MAX_HOVER_COLUMNS ? hoverColumns(plot, series, xs, chart.xLabel) : null,
        ];
  return figure(
    { ...chart, subtitle: [chart.subtitle, kind === 'log' ? 'log scale' : ''].filter(Boolean).join(', ') },
    {
      description: describe(series, yScale, xScale, chart.xLabel),
      drawing,
      legend: (chart.legend ?? series.length > 1) ? legend(series) : null,
      notes: edgeNotes(series, kind, xScale, chart.xLabel),
    },
  );
}

function drawSeries(plot: Plot, series: Series): Markup {
  const { kind } = plot.yScale;
  const drawn = series.points.map(({ x, y }) =>
    y !== null && isDrawable(y, kind) ? { x: plot.x(x), y: plot.y(y) } : null,
  );
  const shown = drawn.filter((point) => point !== null);
  const markers =
    shown.length > 0 && series.points.length <= MAX_MARKERS
      ? markup`<path class="marker ${colorClass(series)}" d="${markerPath(series, shown)}"/>`
      : null;
  const edges = series.points.map(({ x, y }) => {
    const edge = y === null ? null : edgeOf(y, kind);
    if (edge === null) return null;
    const yPosition = edge.end === 'top' ? plot.area.top + 9 : plot.area.bottom - 3;
    return markup`<text class="edge ${colorClass(series)}" x="${plot.x(x)}" y="${yPosition}" text-anchor="middle">${edge.sign}</text>`;
  });
  const line = shown.length > 0 ? markup`<path class="${lineClass(series)}" d="${linePath(drawn)}"/>` : null;
  return markup`${spreadBars(plot, series)}${line}${markers}${edges}`;
}

/** A bar for every point with a spread; its lower end is the edge of the area where a logarithmic axis has no place for it. */
function spreadBars(plot: Plot, series: Series): Markup | null {
  const { kind } = plot.yScale;
  const ends = series.points.flatMap(({ x, y, spread }) => {
    if (y === null || !spread || !isDrawable(y + spread, kind)) return [];
    const low = y - spread;
    const bottom = isDrawable(low, kind) ? plot.y(low) : plot.area.bottom;
    return [`M${coordinate(plot.x(x))} ${coordinate(bottom)}V${coordinate(plot.y(y + spread))}`];
  });
  return ends.length === 0 ? null : markup`<path class="spread ${colorClass(series)}" d="${ends.join('')}"/>`;
}

/** Vertical lines, each with its label at its top, where two that are close stand below each other. */
function markLines(plot: Plot, marks: readonly Mark[]): Markup[] {
  const { left, right, top, bottom } = plot.area;
  const middle = (left + right) / 2;
  return [...marks]
    .sort((a, b) => a.x - b.x)
    .map(({ label, x: value }, index) => {
      const x = plot.x(value);
      const isLeft = x < middle;
      return markup`<line class="reference" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text class="reference-label" x="${x + (isLeft ? 4 : -4)}" y="${top + 10 + 12 * (index % 3)}" text-anchor="${isLeft ? 'start' : 'end'}">${label}</text>`;
    });
}

/** A value that the axis cannot show: the sign that stands for it and the end of the axis where it stands. */
interface Edge {
  readonly sign: '▲' | '▼' | '×';
  readonly end: 'top' | 'bottom';
  readonly meaning: string;
}

const NOT_A_NUMBER: Edge = { sign: '×', end: 'bottom', meaning: 'not a number' };
const INFINITE: Edge = { sign: '▲', end: 'top', meaning: 'infinite' };
const NEGATIVE_INFINITE: Edge = { sign: '▼', end: 'bottom', meaning: 'negative infinite' };
const NOT_POSITIVE: Edge = { sign: '▼', end: 'bottom', meaning: 'zero or negative, below the logarithmic axis' };
const EDGES = [NOT_A_NUMBER, INFINITE, NEGATIVE_INFINITE, NOT_POSITIVE];

function edgeOf(y: number, kind: Scale['kind']): Edge | null {
  if (Number.isNaN(y)) return NOT_A_NUMBER;
  if (isDrawable(y, kind)) return null;
  if (isDrawable(y)) return NOT_POSITIVE;
  return y > 0 ? INFINITE : NEGATIVE_INFINITE;
}

function edgeNotes(series: readonly Series[], kind: Scale['kind'], xScale: Scale, xLabel: string): Markup | null {
  const notes = EDGES.flatMap((edge) =>
    series.flatMap(({ name, points }) => {
      const xs = points.filter(({ y }) => y !== null && edgeOf(y, kind) === edge).map(({ x }) => xScale.format(x));
      if (xs.length === 0) return [];
      const where = xs.length > 3 ? `${xs.length} times` : `at ${xLabel} ${xs.join(', ')}`;
      return [markup`<li>${edge.sign} ${edge.meaning}: ${name}, ${where}</li>`];
    }),
  );
  return notes.length === 0 ? null : markup`<ul class="notes">${notes}</ul>\n`;
}

/** Lines with their labels in the right margin, from top to bottom, at least a line of text apart. */
function referenceLines(plot: Plot, references: readonly ReferenceLine[]): Markup[] {
  const drawn = references
    .filter(({ value }) => isDrawable(value, plot.yScale.kind))
    .map(({ label, value }) => ({ label, y: plot.y(value) }))
    .sort((a, b) => a.y - b.y);
  let lowestLabel = Number.NEGATIVE_INFINITY;
  return drawn.map(({ label, y }) => {
    lowestLabel = Math.max(y, lowestLabel + 12);
    return markup`<line class="reference" x1="${plot.area.left}" x2="${plot.area.right}" y1="${y}" y2="${y}"/><text class="reference-label" x="${plot.area.right + 6}" y="${lowestLabel + 4}">${label}</text>`;
  });
}

function hoverColumns(plot: Plot, series: readonly Series[], xs: readonly number[], xLabel: string): Markup[] {
  const { left, right, top, bottom } = plot.area;
  const centers = xs.map((x) => plot.x(x));
  return xs.map((x, index) => {
    const start = index === 0 ? left : (centers[index - 1]! + centers[index]!) / 2;
    const end = index === xs.length - 1 ? right : (centers[index]! + centers[index + 1]!) / 2;
    const lines = series.flatMap(({ name, points }) => {
      const y = points.find((point) => point.x === x)?.y ?? null;
      return y === null ? [] : [`\n${name}: ${plot.yScale.format(y)}`];
    });
    return markup`<rect class="hover" x="${start}" y="${top}" width="${end - start}" height="${bottom - top}"><title>${xLabel} ${plot.xScale.format(x)}${lines}</title></rect>`;
  });
}

function describe(series: readonly Series[], yScale: Scale, xScale: Scale, xLabel: string): string {
  const lines = series.map(({ name, points }) => {
    const measured = points.flatMap(({ x, y }) => (y === null ? [] : [{ x, y }]));
    const [first, last] = [measured[0], measured.at(-1)];
    if (first === undefined || last === undefined) return `${name}: nothing was measured.`;
    const at = ({ x, y }: { x: number; y: number }) => `${yScale.format(y)} at ${xLabel} ${xScale.format(x)}`;
    return first === last ? `${name}: ${at(first)}.` : `${name}: from ${at(first)} to ${at(last)}.`;
  });
  return lines.length === 0 ? 'Nothing was measured.' : lines.join(' ');
}
