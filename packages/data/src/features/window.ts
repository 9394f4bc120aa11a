import { checkOption } from '../options.js';

/** The names of the windows that {@link windowOf} makes. */
export const windowNames = ['hann', 'hamming', 'blackman', 'rectangular'] as const;

/** What a piece of a signal is multiplied by before its spectrum is taken. */
export type WindowName = (typeof windowNames)[number];

/** Each window is Σ_k (−1)^k·a_k·cos(2πk·t/n). */
const cosineTerms: Readonly<Record<WindowName, readonly number[]>> = {
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  rectangular: [1],
};

/**
 * The window in its periodic form, as for spectra: w_t = 1/2 − 1/2·cos(2πt/n) for Hann's, 0.54 − 0.46·cos(2πt/n) for
 * Hamming's, 0.42 − 0.5·cos(2πt/n) + 0.08·cos(4πt/n) for Blackman's (Harris, "On the use of windows for harmonic
 * analysis", 1978). A window of a single sample is 1.
 *
 * @throws ArgumentError if there is no such window, or the length is no positive integer
 */
export function windowOf(name: WindowName, length: number): Float64Array {
  checkOption(windowNames.includes(name), 'windowOf', 'the window', windowNames.join(', '), name);
  checkOption(Number.isInteger(length) && length > 0, 'windowOf', 'length', 'an integer above 0', length);
  if (length === 1) return Float64Array.of(1);
  const terms = cosineTerms[name];
  return Float64Array.from({ length }, (_, t) =>
    terms.reduce((sum, term, k) => sum + (k % 2 === 0 ? term : -term) * Math.cos((2 * Math.PI * k * t) / length), 0),
  );
}
