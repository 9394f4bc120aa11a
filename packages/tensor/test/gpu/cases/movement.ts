import { concat, type Device, oneHot, reference, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import {
  expectSame,
  expectWithin,
  forAll,
  type KernelCase,
  place,
  read,
  sumBound,
  tableOf,
  withSpecials,
} from './kernel-case.js';

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

async function sameOnBoth(device: Device, compute: (on: Device) => readonly Tensor[]): Promise<void> {
  const expected = await read(() => compute(reference));
  for (const [i, actual] of (await read(() => compute(device))).entries()) expectSame(actual, expected[i]!);
}

/** A table with an axis of it and positions along that axis, of any number. */
const picked = shapes.chain((shape) =>
  fc.tuple(fc.nat(shape.length - 1), fc.integer({ min: 1, max: 6 })).chain(([axis, count]) =>
    fc.record({
      axis: fc.constant(axis),
      x: tableOf(shape, withSpecials),
      index: tableOf(
        shape.map((length, each) => (each === axis ? count : length)),
        fc.nat(shape[axis]! - 1),
      ),
    }),
  ),
);

export const movementCases: readonly KernelCase[] = [
  forAll(
    'permute',
    shapes.chain((shape) =>
      fc.tuple(
        tableOf(shape, withSpecials),
        fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length, maxLength: shape.length },
        ),
      ),
    ),
    (device, [x, axes]) => sameOnBoth(device, (on) => [place(on, x).permute(axes)]),
  ),
  forAll(
    'slice and pad',
    shapes.chain((shape) =>
      fc.record({
        x: tableOf(shape, withSpecials),
        ranges: fc.tuple(
          ...shape.map((length) =>
            fc
              .tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length }), fc.integer({ min: 1, max: 3 }))
              .map(([a, b, step]): [number, number, number] => [Math.min(a, b), Math.max(a, b), step]),
          ),
        ),
        backward: fc.tuple(...shape.map(() => fc.boolean())),
        widths: fc.tuple(...shape.map(() => fc.tuple(fc.nat(3), fc.nat(2)))),
        fill: fc.constantFrom('replicate' as const, 'reflect' as const, 'circular' as const),
      }),
    ),
    (device, { x, ranges, backward, widths, fill }) =>
      sameOnBoth(device, (on) => {
        const whole = place(on, x);
        const part = whole.slice(ranges);
        const spread = whole.pad(
          x.shape.map(() => [0, 0]),
          0,
        );
        const starts = ranges.map(
          ([start, , step], axis) => start + (backward[axis] ? (part.shape[axis]! - 1) * step : 0),
        );
        const steps = ranges.map(([, , step], axis) => (backward[axis] ? -step : step));
        on.kernels.pad(part, spread, starts, steps, -1);
        const turned = part.clone();
        on.kernels.slice(spread, turned, starts, steps);
        const inside = widths.map((pair, axis) => pair.map((width) => Math.min(width, x.shape[axis]! - 1)));
        return [
          part,
          whole.pad(widths, 7),
          spread,
          turned,
          whole.flip(),
          whole.roll(1, 0),
          whole.pad(inside as [number, number][], fill),
        ];
      }),
  ),
  forAll(
    'concat',
    fc.tuple(shapes, fc.nat(), fc.array(fc.nat(4), { minLength: 1, maxLength: 15 })).chain(([shape, axis, lengths]) =>
      fc.record({
        axis: fc.constant(axis % shape.length),
        parts: fc.tuple(
          ...lengths.map((length) =>
            tableOf(
              shape.map((own, each) => (each === axis % shape.length ? length : own)),
              withSpecials,
            ),
          ),
        ),
      }),
    ),
    (device, { axis, parts }) =>
      sameOnBoth(device, (on) => [
        concat(
          parts.map((part) => place(on, part)),
          axis,
        ),
      ]),
  ),
  forAll('gather', picked, (device, { axis, x, index }) =>
    sameOnBoth(device, (on) => [place(on, x).gather(axis, place(on, { ...index, dtype: 'int32' }))]),
  ),
  forAll('gather and scatterAdd by an index that is repeated', picked, (device, { axis, x }) =>
    sameOnBoth(device, (on) => {
      const whole = place(on, { ...x, data: x.data.map((_, i) => i % 8) });
      const length = x.shape[axis]!;
      const places = tensor([0, length - 1, 0], { dtype: 'int32', device: on });
      const flags = whole.greater(3);
      return [
        whole.take(axis, places),
        whole.take(axis, places.reshape([3, 1])),
        whole
          .take(axis, places)
          .scatterAdd(axis, places.reshape(x.shape.map((_, each) => (each === axis ? 3 : 1))), length),
        ...whole.split(2, axis),
        whole.repeat([2, ...x.shape.map(() => 2)]),
        whole.repeatInterleave(2, axis),
        whole.unsqueeze(0).tril(1),
        whole.unsqueeze(0).triu(-1),
        whole.unsqueeze(1).diagonal(),
        whole.diagEmbed(1),
        oneHot(places, length),
        flags.logicalAnd(whole.less(6)),
        flags.logicalOr(whole),
        flags.logicalXor(whole),
        whole.logicalNot(),
        whole.maskedFill(flags, -1),
        flags.any(axis),
        whole.all(axis),
        whole.countNonzero(),
      ];
    }),
  ),
  forAll('scatterAdd', picked, async (device, { axis, x, index }) => {
    const finite = index.data.map((_, i) => (x.data[i % x.data.length]! > 0 ? 1.5 : -0.3));
    const compute = (on: Device) =>
      read(() => {
        const values = place(on, { shape: index.shape, data: finite });
        return [values.scatterAdd(axis, place(on, { ...index, dtype: 'int32' }), x.shape[axis]!)];
      });
    const [expected] = await compute(reference);
    expectWithin((await compute(device))[0]!, expected!, () => sumBound(index.shape[axis]!, 1.5 * index.shape[axis]!));
  }),
  forAll('scatter', picked, (device, { axis, x, index }) =>
    sameOnBoth(device, (on) => {
      // Numbers whose sums and products are exact.
      const base = place(on, { ...x, data: x.data.map((_, i) => (i % 4) - 1.5) });
      const source = place(on, { shape: index.shape, data: index.data.map((_, i) => 2 - (i % 5)) });
      const places = place(on, { ...index, dtype: 'int32' });
      return [
        ...(['replace', 'add', 'mul', 'max', 'min'] as const).map((reduction) =>
          base.scatter(axis, places, source, reduction),
        ),
        base.scatter(axis, places, 7),
        base.cast('int32').scatter(axis, places, source.cast('int32'), 'max'),
      ];
    }),
  ),
  {
    name: 'permute near the largest size, where quotients are least exact',
    async check(device) {
      const rows = Math.floor((2 ** 24 - 1) / 3);
      const [values] = await read(() => [
        tensor(
          Float32Array.from({ length: 3 * rows }, (_, i) => i),
          { device },
        )
          .reshape([3, rows])
          .permute([1, 0]),
      ]);
      const wrong = (values as Float32Array).findIndex((value, i) => value !== (i % 3) * rows + Math.floor(i / 3));
      if (wrong >= 0) throw new Error(`element ${wrong} is ${values![wrong]}`);
    },
  },
  {
    name: 'an index that the device has computed and that is out of range gives NaN',
    async check(device) {
      const [picked, placed] = await read(() => {
        const x = tensor([1, 2, 3], { device });
        const source = tensor([4, 5], { device });
        return [
          x.gather(0, tensor([0, 2, 5], { device }).cast('int32')),
          x.scatter(0, tensor([5, 0], { device }).cast('int32'), source, 'replace'),
        ];
      });
      expectSame(picked!, [1, 3, Number.NaN]);
      expectSame(placed!, [Number.NaN, Number.NaN, Number.NaN]);
    },
  },
];
