import type { Child, Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Scale } from './scale.js';

/** Size of every chart in user units; the page scales it to the width that there is. */
export const CHART_WIDTH = 340;
export const CHART_HEIGHT = 210;

/** About the width of a character of a label. */
export const CHARACTER_WIDTH = 6.2;

/** A rectangle in user units of the SVG, y growing downwards. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A point in user units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Places values of two scales in an area. Values outside the scales land a bounded distance outside the area. */
export class Plot {
  constructor(
    readonly area: Area,
    readonly xScale: Scale,
    readonly yScale: Scale,
  ) {}

  x(value: number): number {
    return this.area.left + bounded(this.xScale.position(value)) * (this.area.right - this.area.left);
  }

  y(value: number): number {
    return this.area.bottom - bounded(this.yScale.position(value)) * (this.area.bottom - this.area.top);
  }
}

/** The area that leaves room for the tick labels on the left, the x axis below, and labels in the right margin. */
export function plotArea(yScale: Scale, marginLabels: readonly string[] = []): Area {
  const longest = (labels: readonly string[]) => labels.reduce((most, label) => Math.max(most, label.length), 0);
  return {
    left: Math.min(90, 12 + longest(yScale.ticks.map(({ label }) => label)) * CHARACTER_WIDTH),
    top: 14,
    right: CHART_WIDTH - Math.min(90, 12 + longest(marginLabels) * CHARACTER_WIDTH),
    bottom: CHART_HEIGHT - 34,
  };
}

/** Horizontal grid lines with the labels of the y axis. */
export function yAxis(plot: Plot): Markup[] {
  const { left, right } = plot.area;
  return plot.yScale.ticks.map(({ value, label }) => {
    const y = plot.y(value);
    return markup`<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/><text class="tick" x="${left - 7}" y="${y + 3.8}" text-anchor="end">${label}</text>`;
  });
}

/** The base line with ticks, their labels and the name of the x axis. */
export function xAxis(plot: Plot, label: string): Markup[] {
  const { left, right, bottom } = plot.area;
  const ticks = plot.xScale.ticks.map(({ value, label: text }) => {
    const x = plot.x(value);
    return markup`<line class="axis" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}"/><text class="tick" x="${x}" y="${bottom + 16}" text-anchor="middle">${text}</text>`;
  });
  return [
    markup`<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    ...ticks,
    markup`<text class="axis-label" x="${(left + right) / 2}" y="${bottom + 31}" text-anchor="middle">${label}</text>`,
  ];
}

/** Stands in a chart without values: the area crossed by its base line alone, and a note. */
export function emptyNote({ left, right, top, bottom }: Area, note: string): Markup {
  return markup`<line class="grid" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><text class="empty" x="${(left + right) / 2}" y="${(top + bottom) / 2}" text-anchor="middle">${note}</text>`;
}

/** The `d` of a path through the points; `null` is a gap. A point alone between gaps becomes a dot. */
export function linePath(points: readonly (Point | null)[]): string {
  let path = '';
  points.forEach((point, index) => {
    if (point === null) return;
    const continues = (points[index - 1] ?? null) !== null;
    path += `${continues ? 'L' : 'M'}${coordinate(point.x)} ${coordinate(point.y)}`;
    if (!continues && (points[index + 1] ?? null) === null) path += 'h0.01';
  });
  return path;
}

/** A coordinate in a path, rounded to a tenth. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A figure whose drawing has a name and a description for those who cannot see it. */
export interface Figure {
  /** Unique in the page; letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What is measured, in which unit; stands beside the title. */
  readonly subtitle?: string;
}

/** Wraps the drawing of a chart: caption above, legend and notes (each may be `null`) around it. */
export function figure(
  { id, title, subtitle }: Figure,
  parts: {
    readonly description: string;
    readonly drawing: Child;
    readonly legend: Child;
    readonly notes: Child;
    /** @default CHART_HEIGHT */
    readonly height?: number;
  },
): Markup {
  return markup`<figure class="chart">
<figcaption><b>${title}</b>${subtitle === undefined ? null : markup` <span>${subtitle}</span>`}</figcaption>
${parts.legend}<svg viewBox="0 0 ${CHART_WIDTH} ${parts.height ?? CHART_HEIGHT}" role="img" aria-labeledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title>
<desc id="${id}-description">${parts.description}</desc>
${parts.drawing}
</svg>
${parts.notes}</figure>
`;
}

function bounded(position: number): number {
  return Math.min(3, Math.max(-2, position));
}
