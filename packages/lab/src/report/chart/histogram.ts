import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { HistogramRecord } from '../record.js';
import type { Plot } from './plot.js';
import { coordinate } from './plot.js';
import { isDrawable } from './scale.js';

/** A bin that is not empty is at least this high, so that the few values of a tail show. */
const MIN_HEIGHT = 1.5;

/**
 * The bars of a histogram, as high as the plot at the largest density (count by width of the bin), placed by its x
 * scale; what lies outside the x axis is cut off. `null` if no bin has a count.
 */
export function histogramBars({ edges, counts }: HistogramRecord, plot: Plot): Markup | null {
  const { left, right, top, bottom } = plot.area;
  const bars = counts.flatMap((count, index) => {
    const [low, high] = [edges[index] ?? Number.NaN, edges[index + 1] ?? Number.NaN];
    const density = count / (high - low);
    return isDrawable(low) && isDrawable(high) && isDrawable(density, 'log') ? [{ low, high, density }] : [];
  });
  const densest = bars.reduce((largest, { density }) => Math.max(largest, density), 0);
  const path = bars
    .map(({ low, high, density }) => ({
      from: Math.max(left, plot.x(low)),
      to: Math.min(right, plot.x(high)),
      height: Math.max(MIN_HEIGHT, (density / densest) * (bottom - top)),
    }))
    .filter(({ from, to }) => to > from)
    .map(({ from, to, height }) => {
      const width = Math.max(to - from, 0.4);
      return `M${coordinate(from)} ${coordinate(bottom)}v-${coordinate(height)}h${coordinate(width)}v${coordinate(height)}z`;
    })
    .join('');
  return path === '' ? null : markup`<path class="bars" d="${path}"/>`;
}
