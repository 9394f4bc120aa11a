import { durationText, element, line, logScale, powersOfTen, text } from './svg.js';

/** Durations by degree of one participant. */
export interface Curve {
  readonly label: string;
  /** A class of the sheet. */
  readonly style: string;
  readonly points: readonly { readonly degree: number; readonly seconds: number }[];
}

/** Where a chart lies in the picture. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LABEL_WIDTH = 196;
const AXIS_WIDTH = 52;
const AXIS_HEIGHT = 34;
const LINE_HEIGHT = 15;

/** Heights for labels near those wanted, far enough from each other to be read. */
function spread(wanted: readonly number[]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed: number[] = [...wanted];
  let free = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    placed[i] = Math.max(wanted[i]!, free);
    free = placed[i]! + LINE_HEIGHT;
  }
  return placed;
}

/** Durations over the degree, both axes logarithmic; each curve is named where it ends. */
export function lineChart(curves: readonly Curve[], place: Place): string {
  const points = curves.flatMap((curve) => curve.points);
  const degrees = [...new Set(points.map(({ degree }) => degree))].sort((a, b) => a - b);
  const seconds = points.map((point) => point.seconds);
  const left = place.x + AXIS_WIDTH;
  const right = place.x + place.width - LABEL_WIDTH;
  const bottom = place.y + place.height - AXIS_HEIGHT;
  const domain: readonly [number, number] = [0.8 * Math.min(...seconds), 1.25 * Math.max(...seconds)];
  const vertical = logScale(domain, [bottom, place.y]);
  const horizontal = logScale([0.9 * degrees[0]!, 1.05 * degrees.at(-1)!], [left, right]);
  const drawn = curves.map(({ style, points: own }) => {
    const path = own.map(({ degree, seconds: y }, i) => `${i === 0 ? 'M' : 'L'}${horizontal(degree)} ${vertical(y)}`);
    const markers = own.map(({ degree, seconds: y }) =>
      element('circle', { cx: horizontal(degree), cy: vertical(y), r: 3, class: `point ${style}` }),
    );
    return (
      element('path', { d: path.join(' '), class: style === 'floor' ? style : `curve ${style}` }) +
      (style === 'floor' ? '' : markers.join(''))
    );
  });
  const ends = curves.map((curve) => curve.points.at(-1)!);
  const heights = spread(ends.map(({ seconds: y }) => vertical(y) + 4));
  return [
    ...powersOfTen(domain).map(
      (power) =>
        line(left, vertical(power), right, vertical(power), 'grid') +
        text(left - 8, vertical(power) + 4, durationText(power), undefined, 'end'),
    ),
    ...degrees.map((degree) => text(horizontal(degree), bottom + 18, `${degree}`, undefined, 'middle')),
    text((left + right) / 2, bottom + AXIS_HEIGHT, 'degree', undefined, 'middle'),
    line(left, bottom, right, bottom, 'axis'),
    ...drawn,
    ...curves.map(({ label, style }, i) =>
      text(
        right + 10,
        heights[i]!,
        `${label}  ${durationText(ends[i]!.seconds)}`,
        style === 'floor' ? undefined : `label ${style}`,
      ),
    ),
  ].join('\n');
}
