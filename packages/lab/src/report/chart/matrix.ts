import { formatCount } from '../format.js';
import { type Markup, markup } from '../markup.js';
import { CHARACTER_WIDTH, CHART_HEIGHT, CHART_WIDTH, type Figure, figure } from './plot.js';

/** Counts of what was (rows) by what was taken for it (columns). */
export interface MatrixChart extends Figure {
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** The names of rows and columns. */
  readonly names: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** Beyond so many rows there is no room for names and numbers. */
const MAX_LABELED = 12;

/** A name is shortened to so many characters. */
const NAME_LENGTH = 9;

/** A square matrix as shaded cells: each by its share of the row, the diagonal in one color and the rest in another. */
export function matrixChart(chart: MatrixChart): Markup {
  const { names, counts, rowLabel, columnLabel } = chart;
  const labeled = names.length <= MAX_LABELED;
  const left = labeled ? 72 : 24;
  const bottom = labeled ? CHART_HEIGHT - 34 : CHART_HEIGHT - 20;
  const width = (CHART_WIDTH - left - 4) / names.length;
  const height = (bottom - 4) / names.length;
  const cells = counts.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, j) => {
      const [x, y] = [left + j * width, 4 + i * height];
      const share = total === 0 ? 0 : count / total;
      const title = `${names[i]} taken for ${names[j]}: ${formatCount(count)}`;
      const number =
        labeled && count > 0
          ? markup`<text x="${x + width / 2}" y="${y + height / 2 + 3.6}" text-anchor="middle">${String(count)}</text>`
          : null;
      return markup`<g><title>${title}</title><rect class="${i === j ? 'cell right' : 'cell wrong'}" x="${x}" y="${y}" width="${width}" height="${height}" fill-opacity="${0.5 * Math.sqrt(share)}"/>${number}</g>`;
    });
  });
  const short = (name: string) => (name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name);
  const columnNameLength = Math.max(2, Math.floor(width / CHARACTER_WIDTH));
  const labels = labeled
    ? names.flatMap((name, i) => [
        markup`<text class="tick" x="${left - 7}" y="${4 + (i + 0.5) * height + 3.8}" text-anchor="end">${short(name)}</text>`,
        markup`<text class="tick" x="${left + (i + 0.5) * width}" y="${bottom + 14}" text-anchor="middle">${name.slice(0, columnNameLength)}</text>`,
      ])
    : [];
  const middle = 4 + (bottom - 4) / 2;
  return figure(chart, {
    description: `${rowLabel} by row, ${columnLabel} by column, ${formatCount(names.length)} of each.`,
    drawing: [
      ...cells,
      ...labels,
      markup`<text class="axis-label" x="${(left + CHART_WIDTH) / 2}" y="${CHART_HEIGHT - 3}" text-anchor="middle">${columnLabel}</text>`,
      markup`<text class="axis-label" x="11" y="${middle}" text-anchor="middle" transform="rotate(-90 11 ${middle})">${rowLabel}</text>`,
    ],
    legend: null,
    notes: null,
  });
}
