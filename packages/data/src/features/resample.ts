import { checkOption } from '../options.js';

/** How sharply {@link resample} cuts between the frequencies that it keeps and those that it removes. */
export interface ResampleOptions {
  /**
   * Zeros of the sinc on each side of its peak: more are sharper and slower.
   *
   * @default 64
   */
  readonly zeros?: number;
  /**
   * The frequency where the filter has fallen to a half, in parts of the lower one of the two rates' halves.
   *
   * @default 0.95
   */
  readonly rolloff?: number;
  /**
   * The parameter β of Kaiser's window: a larger one removes more and cuts less sharply.
   *
   * @default 9.62
   */
  readonly beta?: number;
}

/** The modified Bessel function I₀ by its power series, Σ ((x/2)^k/k!)². */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Tables of filters that take more numbers than this are not made: the filter is computed for every sample. */
const MAX_TABLE = 2 ** 22;

/**
 * Changes the number of samples in a second, as a band-limited interpolation by a windowed sinc (Smith, "Digital Audio
 * Resampling", ccrma.stanford.edu/~jos/resample): with c = rolloff·min(1, to/from),
 * y[n] = Σ_k x[k]·h(n·from/to − k) and h(t) = c·sinc(c·t)·I₀(β·√(1 − (c·t/zeros)²))/I₀(β) for |c·t| below `zeros`. Beyond
 * its ends the recording is silent. With the defaults, frequencies up to 0.9 of half the lower rate keep their amplitude to
 * 2e-5, and those from half the lower rate on, which would come back as others, are damped to 2e-5.
 *
 * @param from samples in a second as it is, an integer
 * @param to samples in a second as it shall be, an integer
 * @returns ⌈length·to/from⌉ samples; the same array if the rates are equal
 * @throws ArgumentError if a rate is no integer above 0, or an option is out of its range
 */
export function resample(samples: Float32Array, from: number, to: number, options: ResampleOptions = {}): Float32Array {
  const { zeros = 64, rolloff = 0.95, beta = 9.62 } = options;
  const isRate = (rate: number) => Number.isSafeInteger(rate) && rate > 0;
  checkOption(isRate(from), 'resample', 'from', 'an integer above 0', from);
  checkOption(isRate(to), 'resample', 'to', 'an integer above 0', to);
  checkOption(Number.isInteger(zeros) && zeros > 0, 'resample', 'zeros', 'an integer above 0', zeros);
  checkOption(rolloff > 0 && rolloff <= 1, 'resample', 'rolloff', 'from above 0 to 1', rolloff);
  checkOption(beta >= 0 && beta <= 100, 'resample', 'beta', 'from 0 to 100', beta);
  if (from === to) return samples;
  const divisor = greatestCommonDivisor(from, to);
  const [step, phases] = [from / divisor, to / divisor];
  const cutoff = rolloff * Math.min(1, to / from);
  const reach = zeros / cutoff;
  const peak = bessel0(beta);
  const filter = (t: number): number => {
    const x = cutoff * t;
    const inside = 1 - (x / zeros) ** 2;
    if (inside <= 0) return 0;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return (cutoff * sinc * bessel0(beta * Math.sqrt(inside))) / peak;
  };
  // Output n lies at n·step/phases, so that its place between two samples is one of `phases`.
  const taps = 2 * Math.ceil(reach) + 1;
  const table = new Map<number, Float64Array>();
  const filterAt = (phase: number): Float64Array => {
    const kept = table.get(phase);
    if (kept) return kept;
    const weights = Float64Array.from({ length: taps }, (_, i) => filter(phase / phases - (i - Math.ceil(reach))));
    if ((table.size + 1) * taps <= MAX_TABLE) table.set(phase, weights);
    return weights;
  };
  const length = Math.ceil((samples.length * phases) / step);
  const result = new Float32Array(length);
  for (let n = 0; n < length; n++) {
    const place = n * step;
    const whole = Math.floor(place / phases);
    const weights = filterAt(place - whole * phases);
    const start = whole - Math.ceil(reach);
    const end = Math.min(taps, samples.length - start);
    let sum = 0;
    for (let i = Math.max(0, -start); i < end; i++) sum += samples[start + i]! * weights[i]!;
    result[n] = sum;
  }
  return result;
}
