import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Point } from './plot.js';
import { coordinate } from './plot.js';

/** How a series looks; color, dashes and marker together, so that it can be told apart without colors. */
export interface SeriesStyle {
  /** 0 is the neutral color of what others are compared with, 1 to 6 are hues; larger numbers begin again at 1. */
  readonly color: number;
  readonly dash?: 'solid' | 'dashed' | 'dotted';
}

/** A named line. */
export interface Series extends SeriesStyle {
  readonly name: string;
  /**
   * By ascending x. A y of `null` was not measured; one that cannot be drawn is marked at the edge. A `spread` is drawn as a
   * bar from y − spread to y + spread.
   */
  readonly points: readonly { readonly x: number; readonly y: number | null; readonly spread?: number | null }[];
}

/** Number of hues. */
export const HUES = 6;

/** The CSS class that sets the color of a style. */
export function colorClass({ color }: SeriesStyle): string {
  return `color-${hueOf(color)}`;
}

/** The CSS classes of the line of a style. */
export function lineClass(style: SeriesStyle): string {
  return `line ${colorClass(style)} ${style.dash ?? 'solid'}`;
}

/** The `d` of the markers of a style at the given points. */
export function markerPath({ color }: SeriesStyle, points: readonly Point[]): string {
  const shape = SHAPES[hueOf(color) % SHAPES.length]!;
  return points.map(({ x, y }) => `M${coordinate(x)} ${coordinate(y)}${shape}`).join('');
}

/** The legend of some series, and of anything else that the caller adds as list items. */
export function legend(
  series: readonly (SeriesStyle & { readonly name: string })[],
  more: readonly Markup[] = [],
): Markup {
  const items = series.map(
    (style) =>
      markup`<li><svg viewBox="0 0 26 10" aria-hidden="true"><path class="${lineClass(style)}" d="M1 5H25"/><path class="marker ${colorClass(style)}" d="${markerPath(style, [{ x: 13, y: 5 }])}"/></svg>${style.name}</li>`,
  );
  return markup`<ul class="legend">${[...items, ...more]}</ul>
`;
}

/** Markers around their center, about 5 units wide: circle, square, diamond, triangles up and down. */
const SHAPES = [
  'm-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z',
  'm-2.2-2.2h4.4v4.4h-4.4z',
  'm0-3.1l3.1 3.1l-3.1 3.1l-3.1-3.1z',
  'm0-2.9l3 5.2h-6z',
  'm0 2.9l3-5.2h-6z',
];

function hueOf(color: number): number {
  return color === 0 ? 0 : ((color - 1) % HUES) + 1;
}
