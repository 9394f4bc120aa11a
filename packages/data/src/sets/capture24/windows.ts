import { FormatError } from '@pnn/nn';
import { numberIn } from '../../formats/table.js';
import { quoted } from '../../quoted.js';

/** Samples in a second, as recorded. */
const SAMPLE_RATE = 100;
const SECONDS = 10;
const WINDOW_SAMPLES = SAMPLE_RATE * SECONDS;

/** Samples that are averaged to one. */
const REDUCTION = 4;

/** The values of an axis in a window: 25 in a second. */
export const STEPS = WINDOW_SAMPLES / REDUCTION;

/** x, y and z. */
export const AXES = 3;

const HEADER = 'time,x,y,z,annotation';
/** The characters of a time up to its seconds, as in `2016-11-13 02:18:00`. */
const SECOND_LENGTH = 19;
const MICROSECONDS = 1e6;

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;

/** A window of a recording: the accelerations [3,250] in g, and what was done most of the time. */
export interface AnnotatedWindow {
  /** In memory that the next window overwrites. */
  readonly values: Float32Array;
  /** Empty if it is not known. */
  readonly annotation: string;
}

const decoder = new TextDecoder();

/** The lines of a file that comes in chunks, each as the bytes from `start` to `end` of some memory. */
async function forEachLine(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  visit: (bytes: Uint8Array, start: number, end: number) => void,
): Promise<void> {
  let rest = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      visit(bytes, start, bytes[end - 1] === RETURN ? Math.max(start, end - 1) : end);
      start = end + 1;
    }
    rest = bytes.slice(start);
  }
  if (rest.length > 0) visit(rest, 0, rest.length);
}

/** A number of decimals alone, such as -0.466690, which nearly all are; NaN if it is none. */
function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let value = 0;
  let scale = 0;
  let digits = 0;
  for (let i = isNegative ? start + 1 : start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === POINT && scale === 0) scale = 1;
    else if (byte >= ZERO && byte <= NINE) {
      value = 10 * value + (byte - ZERO);
      scale *= 10;
      digits++;
    } else return Number.NaN;
  }
  if (digits === 0 || digits > 15) return Number.NaN;
  return (isNegative ? -value : value) / (scale || 1);
}

function isEqual(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

/** Cuts a recording into windows of ten seconds from its first sample on. */
class WindowCutter {
  readonly #path: string;
  readonly #emit: (window: AnnotatedWindow) => void;
  readonly #values = new Float32Array(AXES * STEPS);
  readonly #sums = new Float64Array(AXES * STEPS);
  /** The samples of each annotation in the window. */
  readonly #annotations = new Map<string, number>();
  #line = 0;
  #samples = 0;
  #isWhole = true;
  #window = 0;
  #first = Number.NaN;
  #last = Number.NEGATIVE_INFINITY;
  #second: Uint8Array = new Uint8Array(0);
  #secondTime = 0;
  #annotationBytes: Uint8Array = new Uint8Array(0);
  #annotation = '';

  constructor(path: string, emit: (window: AnnotatedWindow) => void) {
    this.#path = path;
    this.#emit = emit;
  }

  #fail(problem: string): never {
    throw new FormatError(`capture24: ${this.#path}: line ${this.#line} ${problem}`);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    this.#line++;
    if (this.#line === 1) {
      const header = decoder.decode(bytes.subarray(start, end));
      if (header !== HEADER) this.#fail(`is not '${HEADER}'`);
      return;
    }
    if (start === end) return;
    const commas: number[] = [];
    for (let i = start; i < end && commas.length < 4; i++) if (bytes[i] === COMMA) commas.push(i);
    const [afterTime, afterX, afterY, afterZ] = commas as [number, number, number, number];
    if (commas.length < 4) this.#fail(`has ${commas.length + 1} fields where ${HEADER} are needed`);
    this.#moveTo(this.#timeAt(bytes, start, afterTime));
    this.#add(0, bytes, afterTime + 1, afterX);
    this.#add(1, bytes, afterX + 1, afterY);
    this.#add(2, bytes, afterY + 1, afterZ);
    const annotation = this.#annotationAt(bytes, afterZ + 1, end);
    this.#annotations.set(annotation, (this.#annotations.get(annotation) ?? 0) + 1);
    this.#samples++;
  }

  /** Microseconds since 1970. */
  #timeAt(bytes: Uint8Array, start: number, end: number): number {
    const secondEnd = Math.min(end, start + SECOND_LENGTH);
    if (!isEqual(bytes, start, secondEnd, this.#second)) {
      const text = decoder.decode(bytes.subarray(start, secondEnd));
      const isTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
      const milliseconds = isTime ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN;
      if (Number.isNaN(milliseconds))
        this.#fail(`has the time ${quoted(text)}, which is none like 2016-11-13 02:18:00.000000`);
      this.#second = bytes.slice(start, secondEnd);
      this.#secondTime = 1000 * milliseconds;
    }
    if (secondEnd === end) return this.#secondTime;
    const part = bytes[secondEnd] === POINT ? decimalAt(bytes, secondEnd, end) : Number.NaN;
    if (Number.isNaN(part)) this.#fail('has a time with other than a fraction behind its seconds');
    return this.#secondTime + Math.round(MICROSECONDS * part);
  }

  #moveTo(time: number): void {
    if (time < this.#last) this.#fail('goes back in time');
    this.#last = time;
    if (Number.isNaN(this.#first)) this.#first = time;
    const window = Math.floor((time - this.#first) / (SECONDS * MICROSECONDS));
    if (window !== this.#window) this.finish();
    this.#window = window;
  }

  #add(axis: number, bytes: Uint8Array, start: number, end: number): void {
    // A sample that is missing spoils its window alone.
    if (start === end) {
      this.#isWhole = false;
      return;
    }
    const value = decimalAt(bytes, start, end);
    const added = Number.isNaN(value) ? this.#numberAt(bytes, start, end) : value;
    if (this.#samples < WINDOW_SAMPLES) this.#sums[axis * STEPS + Math.floor(this.#samples / REDUCTION)]! += added;
  }

  #numberAt(bytes: Uint8Array, start: number, end: number): number {
    const text = decoder.decode(bytes.subarray(start, end));
    return numberIn(text) ?? this.#fail(`has ${quoted(text)} where an acceleration is needed`);
  }

  #annotationAt(bytes: Uint8Array, start: number, end: number): string {
    if (!isEqual(bytes, start, end, this.#annotationBytes)) {
      this.#annotationBytes = bytes.slice(start, end);
      const text = decoder.decode(this.#annotationBytes);
      const quoted = /^"(.*)"$/.exec(text);
      this.#annotation = quoted ? quoted[1]!.replaceAll('""', '"') : text;
    }
    return this.#annotation;
  }

  /** Ends the window that was being filled, and hands it out if none of its samples is missing. */
  finish(): void {
    if (this.#samples === WINDOW_SAMPLES && this.#isWhole) {
      for (let i = 0; i < this.#sums.length; i++) this.#values[i] = this.#sums[i]! / REDUCTION;
      this.#emit({ values: this.#values, annotation: this.#mostFrequent() });
    }
    this.#samples = 0;
    this.#isWhole = true;
    this.#sums.fill(0);
    this.#annotations.clear();
  }

  /** The first in alphabetical order of the annotations that are equally frequent. */
  #mostFrequent(): string {
    const sorted = [...this.#annotations].sort(
      ([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1),
    );
    return sorted[0]?.[0] ?? '';
  }
}

/**
 * Cuts the recording of a participant into windows of ten seconds, as its authors do (Chan et al., arXiv 2402.19229): from its
 * first sample on, without those in which a sample is missing or there are more or fewer than 1,000. Four samples are averaged to
 * one.
 *
 * @param path what errors call the file
 * @throws FormatError if a line is not of a time, three numbers and an annotation, or goes back in time
 */
export async function forEachWindow(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  path: string,
  emit: (window: AnnotatedWindow) => void,
): Promise<void> {
  const cutter = new WindowCutter(path, emit);
  await forEachLine(chunks, (bytes, start, end) => cutter.line(bytes, start, end));
  cutter.finish();
}
