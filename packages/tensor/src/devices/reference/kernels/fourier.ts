import type { Kernels } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { primeFactors } from '../../prime-factors.js';
import { rootsOfUnity } from '../../roots-of-unity.js';

/** A forward transform, in place, of one line of complex numbers of a known length. */
interface Transform {
  run(line: Float64Array): void;
}

/** The prime factors with pairs of twos as fours, whose butterflies have no multiplications. */
function radicesOf(n: number): number[] {
  const factors = primeFactors(n);
  const twos = factors.filter((factor) => factor === 2).length;
  return [
    ...new Array<number>(twos >> 1).fill(4),
    ...new Array<number>(twos & 1).fill(2),
    ...factors.filter((factor) => factor !== 2),
  ];
}

/**
 * Stockham's transform for any radices: after the factors whose product is l, place j·(n/l) + k has Σ_t x[k + t·n/l]·w_l^(j·t),
 * so that a factor r goes on by out[(j + q·l)·m + k] = Σ_s w_(l·r)^((j + q·l)·s)·in[(j·r + s)·m + k] with m = n/(l·r).
 */
class MixedRadix implements Transform {
  readonly #n: number;
  readonly #radices: readonly number[];
  readonly #roots: Float64Array;
  readonly #other: Float64Array;
  /** The terms of one butterfly. */
  readonly #terms: Float64Array;

  constructor(n: number) {
    this.#n = n;
    this.#radices = radicesOf(n);
    this.#roots = rootsOfUnity(n);
    this.#other = new Float64Array(2 * n);
    this.#terms = new Float64Array(2 * Math.max(1, ...this.#radices));
  }

  run(line: Float64Array): void {
    let from = line;
    let to = this.#other;
    let done = 1;
    for (const radix of this.#radices) {
      this.#stage(from, to, radix, done);
      [from, to] = [to, from];
      done *= radix;
    }
    if (from !== line) line.set(from);
  }

  #stage(from: Float64Array, to: Float64Array, radix: number, done: number): void {
    const roots = this.#roots;
    const terms = this.#terms;
    const m = this.#n / (done * radix);
    for (let j = 0; j < done; j++) {
      for (let k = 0; k < m; k++) {
        for (let s = 0; s < radix; s++) {
          const at = 2 * ((j * radix + s) * m + k);
          const root = 2 * j * s * m;
          const real = from[at]!;
          const imaginary = from[at + 1]!;
          const cosine = roots[root]!;
          const sine = roots[root + 1]!;
          terms[2 * s] = real * cosine - imaginary * sine;
          terms[2 * s + 1] = real * sine + imaginary * cosine;
        }
        this.#butterfly(to, radix, 2 * (j * m + k), 2 * done * m);
      }
    }
  }

  /** The transform of the terms, to places a stride apart. */
  #butterfly(to: Float64Array, radix: number, start: number, stride: number): void {
    const t = this.#terms;
    if (radix === 2) {
      to[start] = t[0]! + t[2]!;
      to[start + 1] = t[1]! + t[3]!;
      to[start + stride] = t[0]! - t[2]!;
      to[start + stride + 1] = t[1]! - t[3]!;
      return;
    }
    if (radix === 4) {
      for (let part = 0; part < 2; part++) {
        // −i·(x + iy) = y − ix.
        const turned = part === 0 ? t[3]! - t[7]! : t[6]! - t[2]!;
        const even = t[part]! + t[4 + part]!;
        const odd = t[2 + part]! + t[6 + part]!;
        const difference = t[part]! - t[4 + part]!;
        to[start + part] = even + odd;
        to[start + stride + part] = difference + turned;
        to[start + 2 * stride + part] = even - odd;
        to[start + 3 * stride + part] = difference - turned;
      }
      return;
    }
    const roots = this.#roots;
    const step = this.#n / radix;
    for (let q = 0; q < radix; q++) {
      let real = 0;
      let imaginary = 0;
      for (let s = 0; s < radix; s++) {
        const root = 2 * ((q * s) % radix) * step;
        const cosine = roots[root]!;
        const sine = roots[root + 1]!;
        real += t[2 * s]! * cosine - t[2 * s + 1]! * sine;
        imaginary += t[2 * s]! * sine + t[2 * s + 1]! * cosine;
      }
      to[start + q * stride] = real;
      to[start + q * stride + 1] = imaginary;
    }
  }
}

/** a ← a·b for complex numbers. */
function multiply(a: Float64Array, b: Float64Array, count: number): void {
  for (let at = 0; at < 2 * count; at += 2) {
    const real = a[at]!;
    const imaginary = a[at + 1]!;
    a[at] = real * b[at]! - imaginary * b[at + 1]!;
    a[at + 1] = real * b[at + 1]! + imaginary * b[at]!;
  }
}

/**
 * Bluestein's transform ("A linear filtering approach to the computation of discrete Fourier transform", 1970): since
 * 2kt = k² + t² − (k − t)², a transform is a convolution with c̄ for c_t = e^(−πi·t²/n), by transforms whose length is a power
 * of two.
 */
class Bluestein implements Transform {
  readonly #n: number;
  readonly #length: number;
  readonly #inner: MixedRadix;
  readonly #chirp: Float64Array;
  /** The transform of c̄, divided by the length of the convolution. */
  readonly #filter: Float64Array;
  readonly #work: Float64Array;

  constructor(n: number) {
    let length = 1;
    while (length < 2 * n - 1) length *= 2;
    this.#n = n;
    this.#length = length;
    this.#inner = new MixedRadix(length);
    this.#chirp = new Float64Array(2 * n);
    this.#filter = new Float64Array(2 * length);
    this.#work = new Float64Array(2 * length);
    for (let t = 0; t < n; t++) {
      const angle = (Math.PI * ((t * t) % (2 * n))) / n;
      this.#chirp.set([Math.cos(angle), -Math.sin(angle)], 2 * t);
      const conjugate = [Math.cos(angle) / length, Math.sin(angle) / length];
      this.#filter.set(conjugate, 2 * t);
      if (t > 0) this.#filter.set(conjugate, 2 * (length - t));
    }
    this.#inner.run(this.#filter);
  }

  run(line: Float64Array): void {
    const work = this.#work;
    work.set(line);
    work.fill(0, 2 * this.#n);
    multiply(work, this.#chirp, this.#n);
    this.#inner.run(work);
    multiply(work, this.#filter, this.#length);
    // Backward: with real and imaginary parts exchanged before and after.
    exchangeParts(work);
    this.#inner.run(work);
    exchangeParts(work);
    multiply(work, this.#chirp, this.#n);
    line.set(work.subarray(0, 2 * this.#n));
  }
}

function exchangeParts(line: Float64Array): void {
  for (let at = 0; at < line.length; at += 2) {
    const real = line[at]!;
    line[at] = line[at + 1]!;
    line[at + 1] = real;
  }
}

/** From this prime factor on three transforms of twice the length take less time than its sums. */
const LARGE_PRIME = 50;
const TRANSFORMS_KEPT = 16;
const transforms = new Map<number, { readonly transform: Transform; readonly line: Float64Array }>();

/** What was made for a length, with room for a line; those used last are kept. */
function transformOf(n: number) {
  const kept = transforms.get(n);
  transforms.delete(n);
  const transform =
    kept ??
    ({
      transform: Math.max(1, ...primeFactors(n)) > LARGE_PRIME ? new Bluestein(n) : new MixedRadix(n),
      line: new Float64Array(2 * n),
    } as const);
  transforms.set(n, transform);
  for (const oldest of transforms.keys()) {
    if (transforms.size <= TRANSFORMS_KEPT) break;
    transforms.delete(oldest);
  }
  return transform;
}

export const fourier: Pick<Kernels, 'fft'> = {
  fft(x, out, { outer, length, inner }, inverse) {
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const { transform, line } = transformOf(length);
    // Backward is forward with real and imaginary parts exchanged before and after.
    const [real, imaginary] = inverse ? [1, 0] : [0, 1];
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = 2 * (o * length * inner + i);
        for (let t = 0; t < length; t++) {
          line[2 * t + real] = source[start + 2 * t * inner]!;
          line[2 * t + imaginary] = source[start + 2 * t * inner + 1]!;
        }
        transform.run(line);
        for (let t = 0; t < length; t++) {
          target[start + 2 * t * inner] = line[2 * t + real]!;
          target[start + 2 * t * inner + 1] = line[2 * t + imaginary]!;
        }
      }
    }
  },
};
