import type { EncryptedResult, OperationTimes, RunTimes } from '@pnn/he';
import type { HistogramRecord } from '../report/record.js';
import { largestOf } from './evaluation.js';

/** How encrypted classes compare with those of the network itself. */
export interface AgreementRecord {
  readonly same: number;
  /** Another class, where the two largest logits of the network are no farther apart than the bound of errors. */
  readonly close: number;
  /** Another class, where they are. */
  readonly different: number;
  /** The share of the samples that the network classifies right. */
  readonly plainAccuracy: number;
  /** The same of the encrypted results. */
  readonly encryptedAccuracy: number;
}

/** Differences of encrypted logits to those in float64. */
export interface LogitErrorRecord {
  readonly largest: number;
  /** The root of the mean of the squares. */
  readonly rootMeanSquare: number;
  /** What the plan expects them to stay below. */
  readonly bound: number;
  /** Logits that err by more. */
  readonly beyond: number;
  /** Of the errors with their signs. */
  readonly histogram: HistogramRecord;
}

/** Milliseconds of one sample: the least, and the median. */
export interface TimeRecord {
  readonly least: number;
  readonly median: number;
}

/** What the server did for one sample, in the mean. */
export interface OperationRecord {
  /** The name of the method of `Evaluator`. */
  readonly name: string;
  readonly count: number;
  readonly milliseconds: number;
}

/** What a comparison has found. */
export interface ComparisonRecord {
  readonly samples: number;
  /** Null for a network that predicts numbers. */
  readonly agreement: AgreementRecord | null;
  readonly errors: LogitErrorRecord;
  /** Samples whose results came with a warning, and the first of the warnings. */
  readonly warnings: { readonly samples: number; readonly first: string | null };
  readonly times: Readonly<Record<'encrypt' | 'refresh' | 'answer' | 'decrypt', TimeRecord>>;
  /** Null where the server does not say. */
  readonly operations: readonly OperationRecord[] | null;
}

const BINS = 40;

/** Equal bins over all values, with 0 in the middle. */
function symmetricHistogram(values: readonly number[], largest: number): HistogramRecord {
  const width = largest > 0 ? largest : 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value / width + 1) / 2) * BINS);
    if (Number.isFinite(bin)) counts[Math.min(BINS - 1, bin)]!++;
  }
  return { edges: Array.from({ length: BINS + 1 }, (_, i) => width * ((2 * i) / BINS - 1)), counts };
}

function timeOf(values: readonly number[]): TimeRecord {
  const sorted = values.toSorted((a, b) => a - b);
  return { least: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

/** Compares encrypted results with those of the network itself, sample by sample. */
export class EncryptedComparison {
  readonly #bound: number;
  readonly #hasClasses: boolean;
  readonly #errors: number[] = [];
  readonly #times: RunTimes[] = [];
  #same = 0;
  #close = 0;
  #different = 0;
  #plainRight = 0;
  #encryptedRight = 0;
  #warned = 0;
  #firstWarning: string | null = null;

  /**
   * @param bound what the plan expects errors to stay below
   * @param hasClasses whether the largest logit is a class
   */
  constructor(bound: number, hasClasses: boolean) {
    this.#bound = bound;
    this.#hasClasses = hasClasses;
  }

  get samples(): number {
    return this.#times.length;
  }

  /** @param label the class of the sample; nothing is made of it for a network that predicts numbers */
  add(plain: Float64Array, { logits, warnings, times }: EncryptedResult, label: number): void {
    this.#times.push(times);
    plain.forEach((value, i) => {
      this.#errors.push(logits[i]! - value);
    });
    if (warnings.length > 0) {
      this.#warned++;
      this.#firstWarning ??= warnings[0]!.message;
    }
    if (!this.#hasClasses) return;
    const [own, encrypted] = [largestOf(plain, 0, plain.length), largestOf(logits, 0, logits.length)];
    if (own === label) this.#plainRight++;
    if (encrypted === label) this.#encryptedRight++;
    const second = plain.reduce((most, value, i) => (i === own ? most : Math.max(most, value)), -Infinity);
    if (own === encrypted) this.#same++;
    else if (plain[own]! - second <= this.#bound) this.#close++;
    else this.#different++;
  }

  /** What was found so far, of one sample or more. */
  record(): ComparisonRecord {
    const samples = this.samples;
    const largest = this.#errors.reduce((most, error) => Math.max(most, Math.abs(error)), 0);
    const squares = this.#errors.reduce((sum, error) => sum + error ** 2, 0);
    const of = (part: 'encrypt' | 'refresh' | 'answer' | 'decrypt') => timeOf(this.#times.map((times) => times[part]));
    return {
      samples,
      agreement: this.#hasClasses
        ? {
            same: this.#same,
            close: this.#close,
            different: this.#different,
            plainAccuracy: this.#plainRight / samples,
            encryptedAccuracy: this.#encryptedRight / samples,
          }
        : null,
      errors: {
        largest,
        rootMeanSquare: Math.sqrt(squares / this.#errors.length),
        bound: this.#bound,
        beyond: this.#errors.filter((error) => !(Math.abs(error) <= this.#bound)).length,
        histogram: symmetricHistogram(this.#errors, largest),
      },
      warnings: { samples: this.#warned, first: this.#firstWarning },
      times: { encrypt: of('encrypt'), refresh: of('refresh'), answer: of('answer'), decrypt: of('decrypt') },
      operations: this.#operations(),
    };
  }

  /** Means, the longest first. */
  #operations(): OperationRecord[] | null {
    const measured = this.#times.flatMap(({ operations }): OperationTimes[] => (operations ? [operations] : []));
    if (measured.length === 0) return null;
    const names = [...new Set(measured.flatMap((each) => Object.keys(each)))];
    const mean = (name: string, part: 'count' | 'milliseconds') =>
      measured.reduce((sum, each) => sum + (each[name]?.[part] ?? 0), 0) / measured.length;
    return names
      .map((name) => ({ name, count: mean(name, 'count'), milliseconds: mean(name, 'milliseconds') }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }
}
