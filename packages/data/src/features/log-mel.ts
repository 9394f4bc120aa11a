import { ArgumentError } from '@pnn/nn';
import { checkOption } from '../options.js';
import { type MelFilterBankOptions, melFilterBank } from './mel.js';
import { PowerSpectrum } from './power-spectrum.js';
import { type WindowName, windowOf } from './window.js';

/** The ways to go on beyond the ends of a recording. */
export const edges = ['none', 'zeros', 'reflect'] as const;

/** How spectrograms are made. */
export interface LogMelOptions extends Omit<MelFilterBankOptions, 'fftLength'> {
  /** Samples in a window. */
  readonly windowLength: number;
  /** Samples from one window to the next. */
  readonly hopLength: number;
  /**
   * Samples that a spectrum is taken of, a power of two: the window stands in their middle, zeros at its sides.
   *
   * @default the smallest power of two that the window fits into
   */
  readonly fftLength?: number;
  /** @default 'hann' */
  readonly window?: WindowName;
  /**
   * How the recording goes on for fftLength/2 samples at both ends, so that its first sample is in the middle of the first
   * window: not at all, by zeros, or mirrored at the first and the last sample.
   *
   * @default 'none'
   */
  readonly edges?: (typeof edges)[number];
  /**
   * The least power that the logarithm is taken of.
   *
   * @default 1e-10
   */
  readonly floor?: number;
}

/** The weights of a filter from its first frequency that is not 0 to its last. */
interface Filter {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Makes log-mel spectrograms: y[m,t] = ln(max(floor, Σ_k F[m,k]·|X_t[k]|²)) with the filters F of {@link melFilterBank} and
 * the spectrum X_t of the windowed samples from t·hopLength on. Everything is computed in double precision; memory is used
 * again for every recording.
 */
export class LogMel {
  readonly mels: number;
  readonly fftLength: number;
  readonly hopLength: number;
  /** The value of silence, ln(floor): what a spectrogram is padded with. */
  readonly silence: number;
  readonly #floor: number;
  readonly #edges: (typeof edges)[number];
  /** The window with zeros at its sides. */
  readonly #window: Float64Array;
  readonly #spectrum: PowerSpectrum;
  readonly #filters: readonly Filter[];
  readonly #frame: Float64Array;
  readonly #power: Float64Array;

  /** @throws ArgumentError if an option is out of its range, or a filter would always be silent */
  constructor(options: LogMelOptions) {
    const { windowLength, hopLength, window = 'hann', floor = 1e-10, edges: edge = 'none' } = options;
    const { fftLength = 2 ** Math.max(2, Math.ceil(Math.log2(windowLength))), ...bankOptions } = options;
    const name = 'LogMel';
    const isCount = (value: number) => Number.isInteger(value) && value > 0;
    checkOption(isCount(windowLength), name, 'windowLength', 'an integer above 0', windowLength);
    checkOption(isCount(hopLength), name, 'hopLength', 'an integer above 0', hopLength);
    checkOption(fftLength >= windowLength, name, 'fftLength', `at least windowLength, ${windowLength}`, fftLength);
    checkOption(floor > 0 && Number.isFinite(floor), name, 'floor', 'a finite number above 0', floor);
    checkOption(edges.includes(edge), name, 'edges', edges.join(', '), edge);
    this.#spectrum = new PowerSpectrum(fftLength);
    const bank = melFilterBank({ ...bankOptions, fftLength });
    this.#filters = Array.from({ length: bank.mels }, (_, m) => {
      const row = bank.weights.subarray(m * bank.bins, (m + 1) * bank.bins);
      const first = row.findIndex((weight) => weight > 0);
      return { first, weights: row.slice(first, row.findLastIndex((weight) => weight > 0) + 1) };
    });
    this.mels = bank.mels;
    this.fftLength = fftLength;
    this.hopLength = hopLength;
    this.silence = Math.log(floor);
    this.#floor = floor;
    this.#edges = edge;
    this.#window = new Float64Array(fftLength);
    this.#window.set(windowOf(window, windowLength), Math.floor((fftLength - windowLength) / 2));
    this.#frame = new Float64Array(fftLength);
    this.#power = new Float64Array(this.#spectrum.bins);
  }

  /** Samples that are put in front of a recording, and as many behind it. */
  get #padding(): number {
    return this.#edges === 'none' ? 0 : this.fftLength / 2;
  }

  /** The number of spectra in so many samples; 0 if they are too few for one. */
  frames(samples: number): number {
    const last = samples + 2 * this.#padding - this.fftLength;
    return last < 0 ? 0 : 1 + Math.floor(last / this.hopLength);
  }

  /**
   * The spectrogram of a recording in mono.
   *
   * @param samples 1 or more; with mirrored edges more than fftLength/2
   * @param out takes the spectrogram [mels, frames]
   * @returns `out`
   * @throws ArgumentError if the recording is too short for one spectrum, or `out` has another length
   */
  compute(samples: Float32Array, out?: Float32Array): Float32Array {
    const frames = this.frames(samples.length);
    const needed = this.#edges === 'reflect' ? this.fftLength / 2 + 1 : 1;
    if (frames === 0 || samples.length < needed) {
      throw new ArgumentError(
        `LogMel: ${samples.length} samples are too few for a spectrum of ${this.fftLength}: pad them`,
      );
    }
    const result = out ?? new Float32Array(this.mels * frames);
    if (result.length !== this.mels * frames) {
      throw new ArgumentError(
        `LogMel: a spectrogram [${this.mels},${frames}] does not fill an array of ${result.length}`,
      );
    }
    for (let t = 0; t < frames; t++) {
      this.#fillFrame(samples, t * this.hopLength - this.#padding);
      this.#spectrum.compute(this.#frame, this.#power);
      for (let m = 0; m < this.mels; m++) result[m * frames + t] = Math.log(Math.max(this.#floor, this.#energy(m)));
    }
    return result;
  }

  /** The windowed samples from `start` on, which may lie before the first one. */
  #fillFrame(samples: Float32Array, start: number): void {
    const [frame, window] = [this.#frame, this.#window];
    const last = samples.length - 1;
    const isMirrored = this.#edges === 'reflect';
    for (let i = 0; i < frame.length; i++) {
      let at = start + i;
      if (isMirrored) {
        if (at < 0) at = -at;
        else if (at > last) at = 2 * last - at;
      }
      frame[i] = at >= 0 && at <= last ? samples[at]! * window[i]! : 0;
    }
  }

  #energy(mel: number): number {
    const { first, weights } = this.#filters[mel]!;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * this.#power[first + i]!;
    return sum;
  }
}
