/** The part of a terminal that decides how text is laid out; `process.stdout` is one. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width in characters. */
  readonly columns?: number | undefined;
}

/** How wide text may be and whether it may be colored. */
export interface TerminalOptions {
  /**
   * Width in characters.
   *
   * @default 80
   */
  readonly width?: number;
  /**
   * Whether to write ANSI colors.
   *
   * @default false
   */
  readonly color?: boolean;
}

/** The width if a stream does not tell its own. */
export const DEFAULT_WIDTH = 80;

/**
 * What suits a stream: its width, and colors if it is a terminal that can show them and the environment does not
 * forbid them (a variable NO_COLOR that is not empty, https://no-color.org, or TERM=dumb).
 */
export function terminalOptions(
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
): Required<TerminalOptions> {
  const forbidden = (environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb';
  return { width: columnsOf(stream), color: stream.isTTY === true && !forbidden };
}

/** The width of a stream; pseudo terminals without a size report 0 and count as unknown. */
export function columnsOf({ columns }: TerminalStream): number {
  return columns !== undefined && columns > 0 ? columns : DEFAULT_WIDTH;
}

/**
 * Text on one line that cannot command a terminal: control characters, line separators and marks that reverse the
 * direction of writing become U+FFFD.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD');
}

/** The number of character cells that the text takes: East Asian wide characters and emoji take two. */
export function displayWidth(text: string): number {
  return graphemesOf(text).reduce((width, grapheme) => width + graphemeWidth(grapheme), 0);
}

/** The text if it fits into `width` cells, or else its beginning with `…`. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const grapheme of graphemesOf(text)) {
    room -= graphemeWidth(grapheme);
    if (room < 0) break;
    kept += grapheme;
  }
  return width > 0 ? `${kept}…` : '';
}

/** The text in lines of at most `width` cells, broken between words; a word that is too long is shortened. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const joined = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && displayWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(truncate(word, width));
  }
  return lines;
}

/** The text with spaces before (`right`) or after it (`left`) up to `width` cells. */
export function align(text: string, width: number, side: 'left' | 'right'): string {
  const padded = (cells: number) => (side === 'left' ? text + ' '.repeat(cells) : ' '.repeat(cells) + text);
  const cells = Math.max(0, width - displayWidth(text));
  // A mark at the edge of the text shares a cell with the space beside it.
  const shared = Math.max(0, width - displayWidth(padded(cells)));
  return padded(cells + shared);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Emoji, and the blocks of wide and full-width characters of Unicode Standard Annex 11. */
const WIDE =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18CFF}\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u;

function graphemesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]*$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
