import { type Device, reference, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { adamSettings, sgdSettings } from '../update-settings.js';
import { dataOf, expectSame, expectWithin, place, UNIT, variants } from './variants.js';

const numbers = fc.oneof(
  { weight: 9, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, Math.fround(1e-25), -100) },
);
const sizes = fc.oneof({ weight: 9, arbitrary: fc.nat(70) }, { weight: 1, arbitrary: fc.constantFrom(16384, 16389) });
const state = sizes.chain((size) =>
  fc.record({
    parameter: dataOf([size], numbers),
    gradient: dataOf([size], numbers),
    first: dataOf([size], numbers),
    second: dataOf([size], numbers.map(Math.abs)),
  }),
);
type State = typeof state extends fc.Arbitrary<infer Value> ? Value : never;
type Type = 'float32' | 'float64';

function adam(device: Device, dtype: Type, { parameter, gradient, first, second }: State, settings: AdamSettings) {
  const tensors = [parameter, gradient, first, second].map((data) => place(device, [data.length], data, dtype));
  const [p, g, m, v] = tensors as [Placed, Placed, Placed, Placed];
  device.kernels.adam(p, g, m, v, settings);
  return { p, m, v };
}

function sgd(
  device: Device,
  dtype: Type,
  { parameter, gradient, first }: State,
  settings: SgdSettings,
  moving: boolean,
) {
  const [p, g, v] = [parameter, gradient, first].map((data) => place(device, [data.length], data, dtype)) as [
    Placed,
    Placed,
    Placed,
  ];
  device.kernels.sgd(p, g, moving ? v : undefined, settings);
  return { p, v };
}

type Placed = ReturnType<typeof place>;
type AdamSettings = Parameters<Device['kernels']['adam']>[4];
type SgdSettings = Parameters<Device['kernels']['sgd']>[3];

const TINY = 1e-37;

describe.each(variants)('updates on %s', (_, device) => {
  test('adam moves parameters and moments within a few roundings', () => {
    fc.assert(
      fc.property(state, adamSettings, (each, settings) =>
        scope(() => {
          const actual = adam(device, 'float32', each, settings);
          const expected = adam(reference, 'float64', each, settings);
          const { beta1, beta2, weightDecay, decoupled, learningRate, epsilon, step } = settings;
          const [p, m, v] = [expected.p, expected.m, expected.v].map((result) => result.dataSync());
          const slopes = each.gradient.map(
            (g, i) => Math.abs(g) + (decoupled ? 0 : weightDecay * Math.abs(each.parameter[i]!)),
          );
          // Constants are rounded, products, sums: six units for the first moment, ten for the second.
          const errors1 = slopes.map(
            (slope, i) => 6 * UNIT * (beta1 * Math.abs(each.first[i]!) + (1 - beta1) * slope) + TINY,
          );
          const errors2 = slopes.map(
            (slope, i) => 10 * UNIT * (beta2 * each.second[i]! + (1 - beta2) * slope * slope) + TINY,
          );
          expectWithin(actual.m, m!, errors1);
          expectWithin(actual.v, v!, errors2);
          const bounds = slopes.map((_slope, i) => {
            const correction = 1 - beta2 ** step;
            const root = Math.sqrt(v![i]! / correction) + epsilon;
            // d√v is at most √(dv), and dv/(2√v) where that is less.
            const error = Math.min(
              Math.sqrt(errors2[i]! / correction),
              errors2[i]! / correction / (2 * (root - epsilon) || TINY),
            );
            const rate = learningRate / (1 - beta1 ** step);
            const relative = (2 * error) / root + 8 * UNIT;
            return (
              (rate / root) * (errors1[i]! * (1 + relative) + Math.abs(m![i]!) * relative) +
              4 * UNIT * Math.abs(each.parameter[i]!) +
              UNIT * Math.abs(p![i]!) +
              TINY
            );
          });
          expectWithin(actual.p, p!, bounds);
        }),
      ),
    );
  });

  test('sgd moves parameters and velocity within a few roundings', () => {
    fc.assert(
      fc.property(state, sgdSettings, fc.boolean(), (each, settings, moving) =>
        scope(() => {
          const actual = sgd(device, 'float32', each, settings, moving);
          const expected = sgd(reference, 'float64', each, settings, moving);
          const sizes = each.gradient.map(
            (g, i) =>
              Math.abs(g) +
              settings.weightDecay * Math.abs(each.parameter[i]!) +
              (moving ? Math.abs(each.first[i]!) : 0),
          );
          expectWithin(
            actual.v,
            expected.v.dataSync(),
            sizes.map((size) => 8 * UNIT * size + TINY),
          );
          const bounds = sizes.map(
            (size, i) =>
              24 * UNIT * settings.learningRate * size +
              2 * UNIT * (Math.abs(each.parameter[i]!) + settings.learningRate * 2 * size) +
              TINY,
          );
          expectWithin(actual.p, expected.p.dataSync(), bounds);
        }),
      ),
    );
  });

  test('give what the reference gives for float64', () => {
    fc.assert(
      fc.property(state, adamSettings, sgdSettings, (each, forAdam, forSgd) =>
        scope(() => {
          const results = [device, reference].map((on) =>
            [
              ...Object.values(adam(on, 'float64', each, forAdam)),
              ...Object.values(sgd(on, 'float64', each, forSgd, true)),
            ].map((result) => result.dataSync()),
          );
          results[0]!.forEach((each, i) => {
            expectSame(each, results[1]![i]!);
          });
        }),
      ),
      { numRuns: 20 },
    );
  });
});
