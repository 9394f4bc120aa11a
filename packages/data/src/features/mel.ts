import { ArgumentError } from '@pnn/nn';
import { checkOption } from '../options.js';

/** The names of the mel scales. */
export const melScales = ['slaney', 'htk'] as const;

/**
 * How pitch follows from frequency: by Slaney's Auditory Toolbox (1998), linear below 1000 Hz and logarithmic above, or
 * by HTK (O'Shaughnessy, 1987), 2595·log10(1 + f/700).
 */
export type MelScale = (typeof melScales)[number];

/** Of Slaney's scale: 3 mel for 200 Hz up to 1000 Hz, from there on 27 mel for a factor of 6.4. */
const LINEAR_HZ = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ;
const LOG_STEP = Math.log(6.4) / 27;

/** The pitch of a frequency, in mel. */
export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hz / 700);
  return hz < BREAK_HZ ? hz / LINEAR_HZ : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

/** The frequency of a pitch, in Hz. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  return mel < BREAK_MEL ? mel * LINEAR_HZ : BREAK_HZ * Math.exp((mel - BREAK_MEL) * LOG_STEP);
}

/** Which filters a bank has. */
export interface MelFilterBankOptions {
  /** Samples in a second. */
  readonly sampleRate: number;
  /** The number of samples that spectra are taken of. */
  readonly fftLength: number;
  /** The number of filters. */
  readonly mels: number;
  /**
   * Where the first filter begins.
   *
   * @default 0
   */
  readonly minHz?: number;
  /**
   * Where the last filter ends.
   *
   * @default half of the sample rate
   */
  readonly maxHz?: number;
  /** @default 'slaney' */
  readonly scale?: MelScale;
  /**
   * Whether each filter has the same area instead of the height 1: its weights are divided by half of its width in Hz.
   *
   * @default true
   */
  readonly equalArea?: boolean;
}

/** A bank of triangular filters. */
export interface MelFilterBank {
  readonly mels: number;
  /** The number of frequencies, fftLength/2 + 1. */
  readonly bins: number;
  /** The weights [mels,bins], row by row. */
  readonly weights: Float64Array;
}

/**
 * Triangular filters whose corners are equally far apart in mel: filter m rises from corner m to m + 1 and falls to m + 2
 * (Davis and Mermelstein, 1980). With the scale of Slaney and equal areas it is librosa's default, with HTK's and without
 * equal areas torchaudio's.
 *
 * @throws ArgumentError if an option is out of its range, or a filter lies between two frequencies of the spectrum, so
 *   that it would always be silent
 */
export function melFilterBank(options: MelFilterBankOptions): MelFilterBank {
  const { sampleRate, fftLength, mels, minHz = 0, maxHz = sampleRate / 2 } = options;
  const { scale = 'slaney', equalArea = true } = options;
  const name = 'melFilterBank';
  checkOption(sampleRate > 0 && Number.isFinite(sampleRate), name, 'sampleRate', 'a finite number above 0', sampleRate);
  checkOption(Number.isInteger(fftLength) && fftLength > 1, name, 'fftLength', 'an integer above 1', fftLength);
  checkOption(Number.isInteger(mels) && mels > 0, name, 'mels', 'an integer above 0', mels);
  checkOption(minHz >= 0 && minHz < maxHz, name, 'minHz', `from 0 to below maxHz, ${maxHz}`, minHz);
  checkOption(maxHz <= sampleRate / 2, name, 'maxHz', `at most half of the sample rate, ${sampleRate / 2}`, maxHz);
  checkOption(melScales.includes(scale), name, 'scale', melScales.join(' or '), scale);
  const first = hzToMel(minHz, scale);
  const step = (hzToMel(maxHz, scale) - first) / (mels + 1);
  const corners = Array.from({ length: mels + 2 }, (_, i) => melToHz(first + i * step, scale));
  const bins = Math.floor(fftLength / 2) + 1;
  const weights = new Float64Array(mels * bins);
  for (let m = 0; m < mels; m++) {
    const [left, center, right] = [corners[m]!, corners[m + 1]!, corners[m + 2]!];
    const height = equalArea ? 2 / (right - left) : 1;
    let isSilent = true;
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * sampleRate) / fftLength;
      const weight = Math.min((hz - left) / (center - left), (right - hz) / (right - center));
      if (weight <= 0) continue;
      weights[m * bins + bin] = weight * height;
      isSilent = false;
    }
    if (isSilent) {
      throw new ArgumentError(
        `${name}: filter ${m} of ${mels} lies between two frequencies of the spectrum and would always be silent: give fewer mels or a longer fftLength`,
      );
    }
  }
  return { mels, bins, weights };
}
