import { formatBytes, formatNumber, formatPercent } from './format.js';
import type { TerminalStream } from './terminal/text.js';
import { align, columnsOf, displayWidth, harmless, truncate } from './terminal/text.js';

/** How a {@link ProgressBar} counts and draws. */
export interface ProgressOptions {
  /** Number of steps until the end. */
  readonly total: number;
  /**
   * How many of them were done before: they do not count for the rate.
   *
   * @default 0
   */
  readonly from?: number;
  /**
   * What a step is.
   *
   * @default 'steps'
   */
  readonly unit?: 'steps' | 'bytes';
  /** Stands before the bar, such as `epoch 2/5`. */
  readonly label?: string;
  /**
   * The least time between two drawings, in milliseconds.
   *
   * @default 100
   */
  readonly interval?: number;
  /**
   * The time in milliseconds from any origin.
   *
   * @default performance.now
   */
  readonly now?: () => number;
}

/** What is shown beside the bar. */
export interface ProgressValues {
  readonly loss?: number;
  /** A fraction. */
  readonly accuracy?: number;
}

const WIDEST_BAR = 28;
const NARROWEST_BAR = 8;

/**
 * A line in a terminal that is drawn anew in place:
 * `epoch 2/5 ━━━━━━━──────── 234/469  loss 0.1234  accuracy 96.12%  123 steps/s  0:02 left`.
 * In a narrow terminal the less important parts are left out. To a stream that is no terminal it writes nothing.
 */
export class ProgressBar {
  readonly #stream: TerminalStream;
  #total: number;
  readonly #from: number;
  readonly #unit: 'steps' | 'bytes';
  #label: string;
  readonly #interval: number;
  readonly #now: () => number;
  readonly #start: number;
  #lastDrawn = Number.NEGATIVE_INFINITY;
  /** Cells of the line that stands in the terminal now. */
  #drawnWidth = 0;

  /** The time that rates are computed from begins now. */
  constructor(stream: TerminalStream, options: ProgressOptions) {
    this.#stream = stream;
    this.#total = options.total;
    this.#from = options.from ?? 0;
    this.#unit = options.unit ?? 'steps';
    this.#label = harmless(options.label ?? '');
    this.#interval = options.interval ?? 100;
    this.#now = options.now ?? (() => performance.now());
    this.#start = this.#now();
  }

  /** Changes what is counted up to and what stands before the bar, from the next drawing on. */
  set(total: number, label: string): void {
    this.#total = total;
    this.#label = harmless(label);
  }

  /** Shows that `step` of the steps are done, unless the last drawing is too recent; the last step is always drawn. */
  update(step: number, values: ProgressValues = {}): void {
    if (this.#stream.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#lastDrawn < this.#interval && step < this.#total) return;
    this.#lastDrawn = now;
    const line = this.#line(step, values, (now - this.#start) / 1000);
    this.#stream.write(this.#erasure() + line);
    this.#drawnWidth = displayWidth(line);
  }

  /** Removes the line, so that other text can be written; the next update draws it again at once. */
  clear(): void {
    if (this.#drawnWidth > 0) this.#stream.write(this.#erasure());
    this.#drawnWidth = 0;
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
  }

  /** Erases the line and, if the terminal has become narrower, the lines that it was broken into (ECMA-48: CUU, ED). */
  #erasure(): string {
    const above = Math.max(0, Math.ceil(this.#drawnWidth / columnsOf(this.#stream)) - 1);
    return `${above > 0 ? `\u001b[${above}A` : ''}\r\u001b[J`;
  }

  #line(step: number, { loss, accuracy }: ProgressValues, seconds: number): string {
    const done = step - this.#from;
    const rate = seconds > 0 && done > 0 ? done / seconds : null;
    const [now, all] = [step, this.#total].map(this.#unit === 'bytes' ? formatBytes : String) as [string, string];
    const count = `${align(now, all.length, 'right')}/${all}`;
    // By falling importance; the order on the line is that of `place`.
    const parts = [
      { place: 1, text: count },
      { place: 2, text: loss === undefined ? '' : `loss ${formatNumber(loss)}` },
      { place: 5, text: rate === null ? '' : `${formatClock((this.#total - step) / rate)} left` },
      { place: 0, text: this.#label },
      { place: 3, text: accuracy === undefined ? '' : `accuracy ${formatPercent(accuracy)}` },
      { place: 4, text: rate === null ? '' : this.#rate(rate) },
    ].filter(({ text }) => text !== '');
    // One cell less than there is: a full line would make some terminals begin the next one.
    const room = columnsOf(this.#stream) - 1;
    while (parts.length > 1 && widthOf(parts) > room) parts.pop();
    const bar = this.#bar(step, room - widthOf(parts) - 1);
    const texts = parts.sort((a, b) => a.place - b.place).map(({ place, text }) => (place === 1 ? bar + text : text));
    return truncate(texts.join('  '), room);
  }

  #rate(rate: number): string {
    return this.#unit === 'bytes' ? `${formatBytes(rate)}/s` : formatRate(rate);
  }

  /** The bar and the space after it in at most `room` cells, or nothing if that is too little. */
  #bar(step: number, room: number): string {
    if (room < NARROWEST_BAR) return '';
    const width = Math.min(WIDEST_BAR, room);
    const done = Math.min(1, Math.max(0, step / this.#total)) || 0;
    const full = Math.floor(done * width);
    return `${'━'.repeat(full)}${'─'.repeat(width - full)} `;
  }
}

function widthOf(parts: readonly { readonly text: string }[]): number {
  return parts.reduce((sum, { text }) => sum + displayWidth(text), (parts.length - 1) * 2);
}

function formatRate(rate: number): string {
  return rate >= 1 ? `${formatNumber(rate, 3)} steps/s` : `${formatNumber(1 / rate, 3)} s/step`;
}

/** Seconds as `0:07` or `1:02:03`. */
function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const pair = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  const tail = pair(whole % 60);
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${pair(minutes % 60)}:${tail}`;
}
