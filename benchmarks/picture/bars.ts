import type { Place } from './lines.js';
import { durationText, element, line, logScale, powersOfTen, text } from './svg.js';

/** One piece of work, and how long everyone takes for it. */
export interface BarGroup {
  readonly heading: string;
  readonly seconds: number;
  readonly bars: readonly { readonly label: string; readonly style: string; readonly seconds: number }[];
}

const NAME_WIDTH = 140;
const VALUE_WIDTH = 92;
const BAR_HEIGHT = 16;
const HEADING_HEIGHT = 26;
const AXIS_HEIGHT = 26;

/** How high a chart of these groups is. */
export function barsHeight(groups: readonly BarGroup[]): number {
  const rows = groups.reduce((sum, { bars }) => sum + bars.length * BAR_HEIGHT, 0);
  return rows + groups.length * HEADING_HEIGHT + AXIS_HEIGHT;
}

function ratioText(ratio: number): string {
  return `×${Number(ratio.toPrecision(2))}`;
}

/** The times of others as multiples of ours, on a logarithmic axis: to the right of 1 who is slower, to the left who is faster. */
export function barChart(
  groups: readonly BarGroup[],
  domain: readonly [number, number],
  { x, y, width }: Omit<Place, 'height'>,
): string {
  const left = x + NAME_WIDTH;
  const scale = logScale(domain, [left, x + width - VALUE_WIDTH]);
  const bottom = y + barsHeight(groups) - AXIS_HEIGHT;
  const parts = powersOfTen(domain).map(
    (power) =>
      line(scale(power), y + HEADING_HEIGHT - 6, scale(power), bottom, power === 1 ? 'axis' : 'grid') +
      text(scale(power), bottom + 16, power === 1 ? '@pnn' : ratioText(power), undefined, 'middle'),
  );
  let top = y;
  for (const { heading, seconds, bars } of groups) {
    parts.push(text(x, top + 16, `${heading}, @pnn ${durationText(seconds)}`, 'heading'));
    top += HEADING_HEIGHT;
    for (const bar of bars) {
      const ratio = bar.seconds / seconds;
      const from = scale(Math.min(1, ratio));
      const to = scale(Math.max(1, ratio));
      const middle = top + BAR_HEIGHT / 2 + 2;
      const attributes = {
        x: from,
        y: top + 2,
        width: to - from,
        height: BAR_HEIGHT - 5,
        rx: 2,
        class: `bar ${bar.style}`,
      };
      parts.push(
        text(x, middle + 2, bar.label),
        element('rect', attributes),
        text(to + 6, middle + 2, `${ratioText(ratio)}, ${durationText(bar.seconds)}`),
      );
      top += BAR_HEIGHT;
    }
  }
  return parts.join('\n');
}
