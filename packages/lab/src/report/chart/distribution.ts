import { formatCount } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { HistogramRecord } from '../record.js';
import { histogramBars } from './histogram.js';
import type { ReferenceLine } from './line.js';
import type { Figure } from './plot.js';
import { emptyNote, figure, Plot, plotArea, xAxis } from './plot.js';
import { extent, isDrawable, scaleFor } from './scale.js';

/** A histogram by itself. */
export interface DistributionChart extends Figure {
  readonly histogram: HistogramRecord;
  readonly xLabel: string;
  /** Vertical lines that values are compared with; the x axis reaches them. */
  readonly references?: readonly ReferenceLine[];
}

/** How values are distributed, as a figure. */
export function distributionChart(chart: DistributionChart): Markup {
  const { histogram, xLabel } = chart;
  const references = (chart.references ?? []).filter(({ value }) => isDrawable(value));
  const filled = histogram.counts.flatMap((count, i) => (count > 0 ? histogram.edges.slice(i, i + 2) : []));
  const xs = [...filled, ...references.map(({ value }) => value)].filter((x) => isDrawable(x));
  const yScale = scaleFor('linear', [0, 1]);
  const xScale = scaleFor('linear', xs, { rounded: false, count: 5 });
  const { left, right, top, bottom } = plotArea(yScale);
  const plot = new Plot({ left: 16, right: right + left - 16, top, bottom }, xScale, yScale);
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  const [least, most] = extent(filled);
  return figure(chart, {
    description:
      total === 0
        ? 'Nothing was measured.'
        : `${formatCount(total)} values from ${xScale.format(least)} to ${xScale.format(most)}.`,
    drawing:
      total === 0
        ? emptyNote(plot.area, 'nothing was measured')
        : [
            histogramBars(histogram, plot),
            ...xAxis(plot, xLabel),
            ...references.map(({ label, value }) => referenceLine(plot, label, value)),
          ],
    legend: null,
    notes: null,
  });
}

/** Labels at the ends of the axis stand on its inner side. */
function referenceLine(plot: Plot, label: string, value: number): Markup {
  const { top, bottom } = plot.area;
  const x = plot.x(value);
  const position = plot.xScale.position(value);
  const anchor = position < 0.15 ? 'start' : position > 0.85 ? 'end' : 'middle';
  return markup`<line class="reference" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text class="reference-label" x="${x}" y="${top - 4}" text-anchor="${anchor}">${label}</text>`;
}
