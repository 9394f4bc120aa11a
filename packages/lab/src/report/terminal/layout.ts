import { align, DEFAULT_WIDTH, displayWidth, harmless, type TerminalOptions, truncate } from './text.js';

/** A column of a table: the first is a name (left, shortened if need be), the others are values (right). */
export interface Column {
  /** The heading, line by line. */
  readonly heading: readonly string[];
}

/** A cell: its text and what it means, which may be shown in color. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

/** What may be emphasized, for {@link emphasize}. */
export type Tone = 'strong' | 'quiet' | 'good' | 'bad';

const GAP = 2;
const SHORTEST_NAME = 10;

/**
 * A table as lines of at most `width` cells: columns side by side with a rule under their headings, with the names
 * shortened if they do not fit, and one value below the other if that is not enough.
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TerminalOptions = {},
): string[] {
  const { width = DEFAULT_WIDTH } = options;
  const safe = rows.map((row) => row.map((cell) => ({ ...cell, text: harmless(cell.text) })));
  const widths = columns.map(({ heading }, index) =>
    widest([...heading, ...safe.map((row) => row[index]?.text ?? '')]),
  );
  const [nameWidth = 0, ...valueWidths] = widths;
  const values = valueWidths.reduce((sum, value) => sum + GAP + value, 0);
  const room = width - values;
  if (room < Math.min(nameWidth, SHORTEST_NAME)) return stack(columns, safe, options);
  return sideBySide(columns, safe, [Math.min(nameWidth, room), ...valueWidths], options);
}

/** The text in the colors of a terminal if those are wanted, else as it is. */
export function emphasize(text: string, tone: Tone | undefined, { color = false }: TerminalOptions): string {
  return color && tone !== undefined ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
}

/** ANSI (ECMA-48) codes: bold, faint, green, red. */
const CODES: Readonly<Record<Tone, number>> = { strong: 1, quiet: 2, good: 32, bad: 31 };

function sideBySide(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widths: readonly number[],
  options: TerminalOptions,
): string[] {
  const line = (cells: readonly Cell[]) =>
    widths
      .map((width, index) => {
        const { text = '', tone } = cells[index] ?? {};
        return emphasize(align(truncate(text, width), width, index === 0 ? 'left' : 'right'), tone, options);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const depth = Math.max(0, ...columns.map(({ heading }) => heading.length));
  const headings = Array.from({ length: depth }, (_, row) =>
    line(columns.map(({ heading }) => ({ text: heading[heading.length - depth + row] ?? '', tone: 'quiet' as const }))),
  );
  const total = widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP);
  return [...headings, emphasize('─'.repeat(total), 'quiet', options), ...rows.map(line)];
}

function stack(columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TerminalOptions): string[] {
  const { width = DEFAULT_WIDTH } = options;
  const labels = columns.map(({ heading }) => heading.join(' '));
  const labelWidth = widest(labels.slice(1));
  return rows.flatMap((row) =>
    row.map(({ text, tone }, index) => {
      const line = index === 0 ? text : `  ${align(labels[index] ?? '', labelWidth, 'left')}  ${text}`;
      return emphasize(truncate(line, width), index === 0 ? 'strong' : tone, options);
    }),
  );
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0);
}
