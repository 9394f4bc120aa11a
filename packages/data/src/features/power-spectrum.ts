import { checkOption } from '../options.js';

/**
 * The power spectrum of real numbers: |Σ_t x_t·e^(−2πi·k·t/n)|² for k from 0 to n/2, in double precision. Pairs of samples
 * are the real and imaginary parts of n/2 complex numbers, whose transform is taken apart afterwards (Press et al.,
 * "Numerical Recipes", 12.3).
 */
export class PowerSpectrum {
  /** The number of samples n. */
  readonly length: number;
  /** The number of frequencies, n/2 + 1. */
  readonly bins: number;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** Where each pair goes before the butterflies: its position with its bits in reverse. */
  readonly #reversed: Uint32Array;
  /** cos and sin of 2πk/n for k below n/2. */
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;

  /** @throws ArgumentError unless the length is a power of two, 4 or more */
  constructor(length: number) {
    const isPower = Number.isInteger(Math.log2(length)) && length >= 4 && length <= 2 ** 24;
    checkOption(isPower, 'PowerSpectrum', 'length', 'a power of two from 4 to 16777216', length);
    const half = length / 2;
    const bits = Math.log2(half);
    this.length = length;
    this.bins = half + 1;
    this.#real = new Float64Array(half);
    this.#imaginary = new Float64Array(half);
    this.#reversed = new Uint32Array(half);
    for (let i = 1; i < half; i++) this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1));
    this.#cosine = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / length));
    this.#sine = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / length));
  }

  /**
   * @param samples n of them
   * @param power takes the n/2 + 1 powers
   */
  compute(samples: Float64Array, power: Float64Array): void {
    const half = this.length / 2;
    const [real, imaginary] = [this.#real, this.#imaginary];
    for (let i = 0; i < half; i++) {
      const to = this.#reversed[i]!;
      real[to] = samples[2 * i]!;
      imaginary[to] = samples[2 * i + 1]!;
    }
    this.#butterflies();
    power[0] = (real[0]! + imaginary[0]!) ** 2;
    power[half] = (real[0]! - imaginary[0]!) ** 2;
    // With the transform Z of the pairs, E = (Z_k + Z̄_(n/2−k))/2 is that of the even and O = (Z_k − Z̄_(n/2−k))/2i that of
    // the odd samples, and X_k = E + e^(−2πik/n)·O.
    for (let k = 1; k < half; k++) {
      const mirror = half - k;
      const evenReal = 0.5 * (real[k]! + real[mirror]!);
      const evenImaginary = 0.5 * (imaginary[k]! - imaginary[mirror]!);
      const oddReal = 0.5 * (imaginary[k]! + imaginary[mirror]!);
      const oddImaginary = 0.5 * (real[mirror]! - real[k]!);
      const cosine = this.#cosine[k]!;
      const sine = this.#sine[k]!;
      const x = evenReal + oddReal * cosine + oddImaginary * sine;
      const y = evenImaginary + oddImaginary * cosine - oddReal * sine;
      power[k] = x * x + y * y;
    }
  }

  /** Cooley and Tukey's transform of what lies in reversed order. */
  #butterflies(): void {
    const half = this.length / 2;
    const [real, imaginary, cosines, sines] = [this.#real, this.#imaginary, this.#cosine, this.#sine];
    for (let size = 1; size < half; size *= 2) {
      const step = half / size;
      for (let k = 0; k < size; k++) {
        const cosine = cosines[k * step]!;
        const sine = sines[k * step]!;
        for (let i = k; i < half; i += 2 * size) {
          const j = i + size;
          const x = real[j]! * cosine + imaginary[j]! * sine;
          const y = imaginary[j]! * cosine - real[j]! * sine;
          real[j] = real[i]! - x;
          imaginary[j] = imaginary[i]! - y;
          real[i]! += x;
          imaginary[i]! += y;
        }
      }
    }
  }
}
