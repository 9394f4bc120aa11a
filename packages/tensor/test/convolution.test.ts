import { apply, conv1d, conv2d, DTypeError, ones, operators, ShapeError, scope, type Tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, largestDifference, type Table, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

type Two = readonly [number, number];

interface Geometry {
  readonly kernel: Two;
  readonly stride: Two;
  readonly padding: Two;
  readonly dilation: Two;
  readonly groups: number;
}

const two = (min: number, max: number): fc.Arbitrary<Two> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Images, weights and geometries that fit one another; a plane is at least as large as the window. */
const cases = fc
  .record({
    images: fc.nat(2),
    groups: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 3 }),
    kernel: two(1, 3),
    stride: two(1, 3),
    padding: two(0, 2),
    dilation: two(1, 2),
    extra: two(0, 4),
    biased: fc.boolean(),
  })
  .chain(({ images, groups, channels, filters, kernel, stride, padding, dilation, extra, biased }) => {
    const plane = [0, 1].map(
      (axis) => Math.max(1, dilation[axis]! * (kernel[axis]! - 1) + 1 - 2 * padding[axis]!) + extra[axis]!,
    );
    return fc.record({
      x: tablesOf([images, groups * channels, plane[0]!, plane[1]!]),
      weight: tablesOf([groups * filters, channels, ...kernel]),
      bias: biased ? tablesOf([groups * filters]) : fc.constant(undefined),
      geometry: fc.constant<Geometry>({ kernel, stride, padding, dilation, groups }),
    });
  });

/** Σ over the channels of the group and the window, one index after the other; 0 beyond the edge. */
function direct(
  x: Table,
  weight: Table,
  bias: Table | undefined,
  { kernel, stride, padding, dilation, groups }: Geometry,
): Table {
  const [images, , height, width] = x.shape as [number, number, number, number];
  const [filters, channels] = weight.shape as [number, number];
  const lengthOf = (length: number, axis: 0 | 1) =>
    Math.floor((length + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return tableOf([images, filters, lengthOf(height, 0), lengthOf(width, 1)], ([image, filter, oy, ox]) => {
    const group = Math.floor(filter! / (filters / groups));
    let sum = bias ? at(bias, [filter!]) : 0;
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const y = oy! * stride[0] - padding[0] + ky * dilation[0];
          const column = ox! * stride[1] - padding[1] + kx * dilation[1];
          if (y < 0 || y >= height || column < 0 || column >= width) continue;
          sum += at(x, [image!, group * channels + c, y, column]) * at(weight, [filter!, c, ky, kx]);
        }
      }
    }
    return sum;
  });
}

describe('conv2d', () => {
  it('is seven loops, for any stride, padding, dilation and number of groups', () => {
    fc.assert(
      fc.property(cases, ({ x, weight, bias, geometry }) =>
        scope(() => {
          const found = conv2d(tensorOf(x), tensorOf(weight), bias && tensorOf(bias), geometry);
          expect(largestDifference(tableFrom(found), direct(x, weight, bias, geometry))).toBeLessThan(1e-12);
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('in single precision is the rounded result', () => {
    fc.assert(
      fc.property(cases, ({ x, weight, bias, geometry }) =>
        scope(() => {
          const found = conv2d(
            tensorOf(x, 'float32'),
            tensorOf(weight, 'float32'),
            bias && tensorOf(bias, 'float32'),
            geometry,
          );
          expect(found.dtype).toBe('float32');
          expect(largestDifference(tableFrom(found), direct(x, weight, bias, geometry))).toBeLessThan(1e-6);
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('and its gradients are the transposes of one another: ⟨g, x ∗ w⟩ = ⟨x, input gradient⟩ = ⟨w, weight gradient⟩', () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.integer({ min: -3, max: 3 })), ({ x, weight, geometry }, numbers) =>
        scope(() => {
          const [a, w] = [tensorOf(x), tensorOf(weight)];
          const out = conv2d(a, w, undefined, geometry);
          const g = tensorOf(tableOf(out.shape, () => numbers.next().value as number));
          const inner = (p: Tensor, q: Tensor) => p.mul(q).sum().itemSync();
          const [toInput] = apply(operators.conv2dInputGradient, [g, w], { ...geometry, shape: a.shape }) as [Tensor];
          const [toWeight] = apply(operators.conv2dWeightGradient, [g, a], { ...geometry, shape: w.shape }) as [Tensor];
          expect([toInput.shape, toWeight.shape]).toEqual([a.shape, w.shape]);
          const expected = inner(g, out);
          expect(inner(a, toInput)).toBeCloseTo(expected, 9);
          expect(inner(w, toWeight)).toBeCloseTo(expected, 9);
        }),
      ),
    );
  });

  it('takes one number for both axes', () => {
    scope(() => {
      const [x, w] = [ones([1, 1, 5, 5]), ones([1, 1, 3, 3])];
      const found = conv2d(x, w, undefined, { stride: 2, padding: 1, dilation: 1 });
      expect(tableFrom(found)).toEqual(
        tableFrom(conv2d(x, w, undefined, { stride: [2, 2], padding: [1, 1], dilation: [1, 1] })),
      );
      expect([...found.dataSync()]).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]);
    });
  });

  it('of no images, no channels or no filters is of that size', () => {
    scope(() => {
      expect(conv2d(ones([0, 2, 3, 3]), ones([4, 2, 3, 3])).shape).toEqual([0, 4, 1, 1]);
      expect(conv2d(ones([1, 2, 3, 3]), ones([0, 2, 3, 3])).shape).toEqual([1, 0, 1, 1]);
      expect([...conv2d(ones([1, 0, 2, 2]), ones([1, 0, 2, 2]), ones([1])).dataSync()]).toEqual([1]);
    });
  });

  it.each<[string, () => unknown, string]>([
    [
      'planes without channels',
      () => conv2d(ones([3, 5, 5]), ones([2, 3, 3, 3])),
      'conv2d: input [3,5,5], weight [2,3,3,3], groups 1: the input must be [N,C,H,W], the weight [F,C/groups,KH,KW]',
    ],
    [
      'another number of channels',
      () => conv2d(ones([1, 3, 5, 5]), ones([2, 4, 3, 3])),
      'groups 1: the weight is for 4 channels, not 3',
    ],
    [
      'groups that do not divide the channels',
      () => conv2d(ones([1, 3, 5, 5]), ones([2, 2, 3, 3]), undefined, { groups: 2 }),
      'groups 2: the weight is for 4 channels, not 3',
    ],
    [
      'groups that do not divide the filters',
      () => conv2d(ones([1, 4, 5, 5]), ones([3, 2, 3, 3]), undefined, { groups: 2 }),
      'the groups do not divide the 3 filters',
    ],
    [
      'a window larger than the plane',
      () => conv2d(ones([1, 1, 2, 5]), ones([1, 1, 3, 3])),
      'conv2d: [1,1,2,5]: a window of 3 does not fit into 2 along axis 2: make the kernel smaller or the padding larger',
    ],
    [
      'a dilated window larger than the plane',
      () => conv2d(ones([1, 1, 4, 5]), ones([1, 1, 3, 3]), undefined, { dilation: 2 }),
      'a window of 5 does not fit into 4 along axis 2',
    ],
    [
      'a bias of another length',
      () => conv2d(ones([1, 1, 3, 3]), ones([2, 1, 3, 3]), ones([3])),
      'conv2d: bias [3] for 2 filters: it must be [2]',
    ],
    [
      'a window without elements',
      () => conv2d(ones([1, 1, 3, 3]), ones([1, 1, 0, 3])),
      'conv2d: kernel 0 along axis 2: a window needs an element',
    ],
    [
      'lines that are none',
      () => conv1d(ones([1, 1, 3, 3]), ones([1, 1, 3])),
      'conv1d: input [1,1,3,3], weight [1,1,3]: they must be [N,C,L] and [F,C/groups,K]',
    ],
  ])('refuses %s', (_, convolve, message) => {
    scope(() => {
      expect(convolve).toThrow(ShapeError);
      expect(convolve).toThrow(message);
    });
  });

  it('refuses settings that are no numbers of steps', () => {
    scope(() => {
      const [x, w] = [ones([1, 1, 3, 3]), ones([1, 1, 3, 3])];
      expect(() => conv2d(x, w, undefined, { stride: 0 })).toThrow(
        'conv2d: stride must be an integer of 1 or more, or two of them, not 0',
      );
      expect(() => conv2d(x, w, undefined, { padding: [1, -1] })).toThrow(
        'conv2d: padding must be an integer of 0 or more',
      );
      expect(() => conv2d(x, w, undefined, { dilation: 1.5 })).toThrow('conv2d: dilation must be');
      expect(() => conv2d(x, w, undefined, { groups: 0 })).toThrow(
        'conv2d: groups must be an integer of 1 or more, not 0',
      );
      expect(() => conv2d(x, ones([1, 1, 3, 3], { dtype: 'float64' }))).toThrow(DTypeError);
      expect(() => conv2d(x, w, ones([1], { dtype: 'float64' }))).toThrow('conv2d: float32 and float64');
      expect(() => conv2d(ones([1, 1, 3, 3], { dtype: 'int32' }), w)).toThrow('conv2d: int32 is not supported');
    });
  });
});

describe('conv1d', () => {
  it('is conv2d of one row', () => {
    const lines = fc.record({
      x: tablesOf([2, 4, 9]),
      weight: tablesOf([2, 2, 3]),
      bias: tablesOf([2]),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.nat(2),
      dilation: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(lines, ({ x, weight, bias, stride, padding, dilation }) =>
        scope(() => {
          const found = conv1d(tensorOf(x), tensorOf(weight), tensorOf(bias), { stride, padding, dilation, groups: 2 });
          const flat = { shape: [2, 4, 1, 9], data: x.data };
          const expected = direct(flat, { shape: [2, 2, 1, 3], data: weight.data }, bias, {
            kernel: [1, 3],
            stride: [1, stride],
            padding: [0, padding],
            dilation: [1, dilation],
            groups: 2,
          });
          const row = { shape: [2, 2, expected.shape[3]!], data: expected.data };
          expect(largestDifference(tableFrom(found), row)).toBeLessThan(1e-12);
        }),
      ),
    );
  });
});

it('conv1d names itself and the axis of the line where a window does not fit', () => {
  scope(() => {
    expect(() => conv1d(zeros([1, 4, 3]), zeros([2, 4, 5]))).toThrow(
      'conv1d: [1,4,3]: a window of 5 does not fit into 3 along axis 2',
    );
  });
});
