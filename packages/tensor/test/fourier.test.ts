import {
  ArgumentError,
  DTypeError,
  fft,
  fft2,
  ifft,
  ifft2,
  irfft,
  rfft,
  ShapeError,
  scope,
  type Tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Table, tableFrom, tablesOf, tensorOf } from './oracle.js';

/** One, primes small and large, powers, and products of several primes. */
const lengths = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(53, 64, 81, 97, 106, 121, 128, 210, 243, 257),
);
const numbers = fc.oneof(
  fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
  fc.constantFrom(0, 1, -1, 1000),
);
const lines = lengths.chain((n) => tablesOf([n, 2], numbers));

/** The sum that defines the transform of n pairs. */
function definition({ shape, data }: Table, sign: 1 | -1): Table {
  const n = shape[0]!;
  const result = new Array<number>(2 * n);
  const roots = Array.from({ length: n }, (_, t) => (sign * 2 * Math.PI * t) / n).map(
    (angle) => [Math.cos(angle), Math.sin(angle)] as const,
  );
  for (let k = 0; k < n; k++) {
    let [real, imaginary] = [0, 0];
    for (let t = 0; t < n; t++) {
      const [cosine, sine] = roots[(k * t) % n]!;
      real += data[2 * t]! * cosine - data[2 * t + 1]! * sine;
      imaginary += data[2 * t]! * sine + data[2 * t + 1]! * cosine;
    }
    result[2 * k] = real;
    result[2 * k + 1] = imaginary;
  }
  return { shape, data: result };
}

/** Each of n terms of the sum is rounded a few times, and those of the transform by a convolution 3·log n times as often. */
function expectClose(found: Tensor, expected: Table, size: number): void {
  const { shape, data } = tableFrom(found);
  expect(shape).toEqual(expected.shape);
  const bound = 60 * 2 ** -53 * size * Math.log2(2 + shape.reduce((product, length) => product * length, 1));
  const errors = data.map((value, i) => Math.abs(value - expected.data[i]!));
  expect(errors.reduce((largest, error) => Math.max(largest, error), 0)).toBeLessThanOrEqual(bound);
}

const sizeOf = ({ data }: Table): number => data.reduce((sum, value) => sum + Math.abs(value), 0);

describe('fft and ifft', () => {
  it('are the sums that define them', () => {
    fc.assert(
      fc.property(lines, (line) =>
        scope(() => {
          const x = tensorOf(line);
          const n = line.shape[0]!;
          const forward = definition(line, -1);
          const scaled = (by: number): Table => ({ ...forward, data: forward.data.map((value) => value * by) });
          expectClose(fft(x), forward, sizeOf(line));
          expectClose(fft(x, { norm: 'ortho' }), scaled(1 / Math.sqrt(n)), sizeOf(line));
          expectClose(fft(x, { norm: 'forward' }), scaled(1 / n), sizeOf(line));
          expectClose(ifft(x, { norm: 'forward' }), definition(line, 1), sizeOf(line));
        }),
      ),
    );
  });

  it('are the inverses of one another along every axis', () => {
    const shapes = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 7 })));
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.tuple(
            tablesOf([...shape, 2], numbers),
            fc.integer({ min: -3, max: 2 }),
            fc.constantFrom('backward', 'ortho', 'forward'),
          ),
        ),
        ([table, axis, norm]) =>
          scope(() => {
            const x = tensorOf(table);
            expectClose(ifft(fft(x, { axis, norm }), { axis, norm }), table, sizeOf(table));
            const order = [0, 1, 2, 3];
            const at = axis < 0 ? axis + 3 : axis;
            [order[at], order[2]] = [2, at];
            const exchanged = fft(x.permute(order)).permute(order);
            expect(tableFrom(fft(x, { axis }))).toEqual(tableFrom(exchanged));
          }),
      ),
    );
  });

  it('take a long line, of any length, in little time', () => {
    scope(() => {
      for (const n of [1 << 15, 3 ** 9, 32749, 2 * 16411]) {
        const x = zeros([n, 2], { dtype: 'float64' }).add(1);
        const y = fft(x).div(n);
        expect(y.slice([0]).sub(1).abs().max().itemSync()).toBeLessThan(1e-12);
        expect(
          y
            .slice([[1]])
            .abs()
            .max()
            .itemSync(),
        ).toBeLessThan(1e-12);
      }
    });
  });

  it('refuse what is no line of pairs', () => {
    scope(() => {
      expect(() => fft(zeros([3]))).toThrow(ShapeError);
      expect(() => fft(zeros([2, 3]))).toThrow(
        'fft: [2,3]: the last axis must have 2 elements, the real and the imaginary part',
      );
      expect(() => ifft(zeros([0, 2]))).toThrow('ifft: [0,2]: axis 0 has no elements');
      expect(() => fft(zeros([3, 2]), { axis: 1 })).toThrow(ShapeError);
      expect(() => fft(zeros([3, 2], { dtype: 'int32' }))).toThrow(DTypeError);
      expect(() => fft(zeros([3, 2]), { norm: 'none' as 'ortho' })).toThrow(
        'fft: norm must be one of backward, ortho, forward, not none',
      );
      expect(fft(zeros([0, 3, 2])).shape).toEqual([0, 3, 2]);
    });
  });
});

describe('rfft and irfft', () => {
  it('are one half of the transform, and give the numbers back', () => {
    fc.assert(
      fc.property(
        lengths.chain((n) => tablesOf([n, 2], numbers)),
        fc.constantFrom('backward', 'ortho', 'forward'),
        (table, norm) =>
          scope(() => {
            const n = table.shape[0]!;
            const x = tensorOf(table);
            const half = rfft(x, { axis: 0, norm });
            expect(half.shape).toEqual([Math.floor(n / 2) + 1, 2, 2]);
            const column = table.data.flatMap((value, i) => (i % 2 === 1 ? [value, 0] : []));
            const whole = fft(tensorOf({ shape: [n, 2], data: column }), { norm });
            const expected = tableFrom(whole.slice([[0, half.shape[0]]]));
            expectClose(half.slice([[], 1]), expected, sizeOf(table));
            expectClose(irfft(half, n, { axis: 0, norm }), table, sizeOf(table));
          }),
      ),
    );
  });

  it('take as much of a half as the length needs', () => {
    scope(() => {
      const half = tensorOf({ shape: [3, 2], data: [6, 7, -2, 2, -2, 5] });
      expect(irfft(half).shape).toEqual([4]);
      // The imaginary parts of the first and the last one are none of a real line's.
      const real = tensorOf({ shape: [3, 2], data: [6, 0, -2, 2, -2, 0] });
      expect(tableFrom(irfft(half))).toEqual(tableFrom(irfft(real)));
      expect(tableFrom(irfft(half, 2))).toEqual({ shape: [2], data: [2, 4] });
      expect(tableFrom(irfft(half, 1))).toEqual({ shape: [1], data: [6] });
      const longer = irfft(half, 7);
      expect(tableFrom(longer)).toEqual(
        tableFrom(
          irfft(
            half.pad([
              [0, 1],
              [0, 0],
            ]),
            7,
          ),
        ),
      );
      expect(() => irfft(half, 0)).toThrow(ArgumentError);
      expect(() => irfft(zeros([1, 2]))).toThrow('irfft: n must be an integer of 1 or more, not 0');
      expect(() => rfft(zeros([0]))).toThrow(new ShapeError('rfft: [0]: axis 0 has no elements'));
      expect(() => irfft(zeros([3, 2], { dtype: 'int32' }))).toThrow('irfft: int32 is not supported');
      expect(() => rfft(zeros([]))).toThrow(ShapeError);
    });
  });
});

describe('fft2 and ifft2', () => {
  it('transform rows and columns', () => {
    scope(() => {
      const x = tensorOf({ shape: [2, 3, 4, 2], data: Array.from({ length: 48 }, (_, i) => ((i * 7) % 11) - 5) });
      const expected = tableFrom(fft(fft(x, { axis: 1 }), { axis: 2 }));
      expectClose(fft2(x), expected, sizeOf(tableFrom(x)));
      expectClose(ifft2(fft2(x, { axes: [0, 2] }), { axes: [2, 0] }), tableFrom(x), sizeOf(tableFrom(x)));
      expectClose(ifft2(fft2(x, { norm: 'ortho' }), { norm: 'ortho' }), tableFrom(x), sizeOf(tableFrom(x)));
      expect(() => fft2(x, { axes: [1, 1] })).toThrow(ShapeError);
      expect(() => fft2(zeros([4, 2]))).toThrow(ShapeError);
    });
  });
});
