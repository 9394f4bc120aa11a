import { apply, type Device, operators, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Case, forward, inputGradient, type Table, transformedCases, weightGradient } from './convolutions.js';
import { dataOf, exactly, place, UNIT, variants } from './variants.js';

/** Numbers of one size: sums of products of them are of the size of their number. */
const alike = fc
  .tuple(fc.float({ min: 0.5, max: 2, noNaN: true }), fc.boolean())
  .map(([size, negative]) => (negative ? -size : size));

/** Some elements of a table multiplied by powers of ten: outliers; or all those before a place: an edge. */
interface Change {
  readonly places: readonly number[];
  readonly power: number;
  readonly isEdge: boolean;
}

const changes: fc.Arbitrary<Change> = fc.record({
  places: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  power: fc.constantFrom(2, 4, 6, 8, 20, 30, -6, -12),
  isEdge: fc.boolean(),
});

function changed([shape, data]: Table, { places, power, isEdge }: Change): Table {
  const [row, first] = [shape.at(-1)!, places[0]! % data.length];
  const chosen = new Set(places.map((place) => place % data.length));
  const factor = 10 ** power;
  // An edge runs down the planes; products of numbers beyond it stay within float32.
  const column = first % row;
  return [
    shape,
    data.map((value, i) =>
      Math.fround((isEdge ? i % row < column : chosen.has(i)) ? value * (isEdge ? Math.sqrt(factor) : factor) : value),
    ),
  ];
}

/**
 * What errors may be in units of the rounding, against the sums of absolute values of a result's own terms, beside as many
 * roundings as a sum has terms. Half of the 24 digits are left to outputs in any case: they may have 64 times the error of a
 * tile of their own size, which is some dozens of units. Of the gradient of a weight it is 10 digits: 256 times as much.
 */
const LEFT = 2 ** 12;
const LEFT_TO_WEIGHTS = 2 ** 14;

function expectOwnDigits(device: Device, { inputs, terms, compute }: ReturnType<typeof forward>, left = LEFT): void {
  scope(() => {
    const { expected, magnitudes } = exactly(inputs, compute);
    const result = compute(...inputs.map(([shape, data]) => place(device, shape, data))).dataSync();
    for (let i = 0; i < result.length; i++) {
      if (Math.abs(result[i]! - expected[i]!) <= (left + 4 * terms) * UNIT * magnitudes[i]!) continue;
      throw new Error(`element ${i} is ${result[i]}, expected ${expected[i]}, of terms of ${magnitudes[i]}`);
    }
  });
}

describe.each(variants)('inputs of very different sizes on %s', (_, device) => {
  const cases = fc.tuple(transformedCases(alike), changes);

  test('leave outputs that they have no part in their digits', () => {
    fc.assert(
      fc.property(cases, ([each, change]) => expectOwnDigits(device, forward({ ...each, x: changed(each.x, change) }))),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test('leave gradients of inputs that they have no part in their digits', () => {
    fc.assert(
      fc.property(cases, ([each, change]) =>
        expectOwnDigits(device, inputGradient({ ...each, gradient: changed(each.gradient, change) })),
      ),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test('leave gradients of weights that they have no part in their digits', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ([each, change], ofInput) => {
        const table = ofInput ? { x: changed(each.x, change) } : { gradient: changed(each.gradient, change) };
        expectOwnDigits(device, weightGradient({ ...each, ...table }), LEFT_TO_WEIGHTS);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  // A tap of the window meets the small columns alone, as the others lie where its input is padding.
  test.each<[string, Pick<Case['geometry'], 'padding' | 'paddingAfter'>, number, number, Change]>([
    ['small columns of x', { padding: [0, 3], paddingAfter: [0, -1] }, 5, 5, { places: [2], power: -12, isEdge: true }],
    ['large columns of x', { padding: [2, 0], paddingAfter: [0, 3] }, 3, 4, { places: [2], power: 8, isEdge: true }],
    [
      'large columns of the gradient',
      { padding: [1, 2], paddingAfter: [0, 0] },
      3,
      3,
      { places: [2], power: 8, isEdge: true },
    ],
  ])('%s at the rim leave gradients of weights their digits', (name, padding, width, outWidth, change) => {
    fc.assert(
      fc.property(dataOf([1, 16, 16, width], alike), dataOf([1, 16, 16, outWidth], alike), (x, gradient) => {
        const height = 16 + padding.padding[0] + padding.paddingAfter![0] - 2;
        const [ofX, ofGradient] = [
          [1, 16, 16, width],
          [1, 16, height, outWidth],
        ];
        const slopes = gradient.concat(gradient).slice(0, 16 * height * outWidth);
        const geometry = { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], groups: 1, ...padding } as const;
        const tables: [Table, Table] = [
          [ofX, x],
          [ofGradient, slopes],
        ];
        const at = name.endsWith('x') ? 0 : 1;
        tables[at] = changed(tables[at], change);
        const each = {
          x: tables[0],
          gradient: tables[1],
          geometry,
          weight: [[16, 16, 3, 3], []],
          bias: [[16], []],
        } as const;
        expectOwnDigits(device, weightGradient(each), LEFT_TO_WEIGHTS);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test('in channels and filters that make up for each other are nothing special', () => {
    fc.assert(
      fc.property(transformedCases(alike), (each: Case) => {
        const channels = each.weight[0][1]!;
        const area = each.x[0][2]! * each.x[0][3]!;
        const scaleOf = (channel: number) => 10 ** ((channel % channels) % 7);
        const x = each.x[1].map((value, i) => Math.fround(value * scaleOf(Math.floor(i / area))));
        const weight = each.weight[1].map((value, i) => Math.fround(value / scaleOf(Math.floor(i / 9))));
        expectOwnDigits(device, forward({ ...each, x: [each.x[0], x], weight: [each.weight[0], weight] }));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test('in windows of nothing but zeros give the bias', () => {
    fc.assert(
      fc.property(transformedCases(alike), fc.nat(), (each, at) => {
        const x = each.x[1].map((value, i) => (i % each.x[0][3]! <= at % each.x[0][3]! ? 0 : value));
        expectOwnDigits(device, forward({ ...each, x: [each.x[0], x] }));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  test.each([1e6, 1e20, 1e30])('a pixel of %d among ones does not reach windows without it', (outlier) => {
    scope(() => {
      const data = new Array<number>(8 * 8).fill(1);
      data[27] = outlier;
      const planes = Array.from({ length: 8 }, () => data).flat();
      const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
      const x = place(device, [1, 8, 8, 8], planes);
      const weight = place(device, [16, 8, 3, 3], new Array<number>(16 * 72).fill(1));
      const out = apply(operators.conv2d, [x, weight, undefined], geometry)[0]!.dataSync();
      for (let i = 0; i < 64; i++) {
        const [y, column] = [i >> 3, i & 7];
        if (Math.abs(y - 3) <= 1 && Math.abs(column - 3) <= 1) continue;
        const size = (at: number) => (at === 0 || at === 7 ? 2 : 3);
        expect(out[i]).toBe(8 * size(y) * size(column));
      }
    });
  });
});
