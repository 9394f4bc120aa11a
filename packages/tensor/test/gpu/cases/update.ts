import { type Device, reference } from '@pnn/tensor';
import fc from 'fast-check';
import { adamSettings, sgdSettings } from '../../update-settings.js';
import {
  compare,
  DIVISION,
  expectWithin,
  FLUSHED,
  floats,
  forAll,
  type KernelCase,
  numbers,
  place,
  read,
  sumBound,
  tableOf,
  UNIT,
  withSpecials,
} from './kernel-case.js';

/** None whose square would count as 0. */
const moderate = numbers.map((value) => (Math.abs(value) < 1e-12 ? 0 : value));
const state = fc.integer({ min: 1, max: 60 }).chain((size) =>
  fc.record({
    parameter: tableOf([size], moderate),
    gradient: tableOf([size], moderate),
    first: tableOf([size], moderate),
    second: tableOf([size], moderate.map(Math.abs)),
  }),
);

const adamCase = forAll('adam', fc.tuple(state, adamSettings), async (device, [each, settings]) => {
  const tables = [each.parameter, each.gradient, each.first, each.second];
  const { actual, expected } = await compare(device, tables, (p, g, m, v) => {
    p!.device.kernels.adam(p!, g!, m!, v!, settings);
    return [p!, m!, v!];
  });
  const { beta1, beta2, weightDecay, decoupled, learningRate, epsilon, step } = settings;
  const slope = (i: number) =>
    Math.abs(each.gradient.data[i]!) + (decoupled ? 0 : weightDecay * Math.abs(each.parameter.data[i]!));
  // Constants are rounded, products, sums: six units for the first moment, ten for the second.
  const error1 = (i: number) => 6 * UNIT * (beta1 * Math.abs(each.first.data[i]!) + (1 - beta1) * slope(i)) + FLUSHED;
  const error2 = (i: number) => 10 * UNIT * (beta2 * each.second.data[i]! + (1 - beta2) * slope(i) ** 2) + FLUSHED;
  expectWithin(actual[1]!, expected[1]!, (_, i) => error1(i));
  expectWithin(actual[2]!, expected[2]!, (_, i) => error2(i));
  expectWithin(actual[0]!, expected[0]!, (value, i) => {
    const correction = 1 - beta2 ** step;
    const root = Math.sqrt(expected[2]![i]! / correction) + epsilon;
    // d√v is at most √(dv), and dv/(2√v) where that is less.
    const spread = error2(i) / correction;
    const error = Math.min(Math.sqrt(spread), spread / (2 * (root - epsilon) || FLUSHED));
    const rate = learningRate / (1 - beta1 ** step);
    const relative = (2 * error) / root + 8 * UNIT + 3 * DIVISION;
    const moved = (rate / root) * (error1(i) * (1 + relative) + Math.abs(expected[1]![i]!) * relative);
    return moved + 4 * UNIT * Math.abs(each.parameter.data[i]!) + 2 * UNIT * Math.abs(value);
  });
});

const sgdCase = forAll('sgd', fc.tuple(state, sgdSettings, fc.boolean()), async (device, [each, settings, moving]) => {
  const { actual, expected } = await compare(device, [each.parameter, each.gradient, each.first], (p, g, v) => {
    p!.device.kernels.sgd(p!, g!, moving ? v! : undefined, settings);
    return [p!, v!];
  });
  const size = (i: number) =>
    Math.abs(each.gradient.data[i]!) +
    settings.weightDecay * Math.abs(each.parameter.data[i]!) +
    (moving ? Math.abs(each.first.data[i]!) : 0);
  expectWithin(actual[1]!, expected[1]!, (_, i) => 8 * UNIT * size(i));
  expectWithin(
    actual[0]!,
    expected[0]!,
    (_, i) => 26 * UNIT * settings.learningRate * size(i) + 2 * UNIT * Math.abs(each.parameter.data[i]!),
  );
});

/** Numbers of one size for a whole norm: their squares may be beyond what a float holds, or below. */
const sizes = fc.constantFrom(
  numbers,
  withSpecials,
  floats(-3.4e38, 3.4e38),
  floats(-1e18, 1e20),
  floats(2 ** -126, 1e-37),
  floats(-1e-20, 1e-22),
  fc.oneof(floats(-1e-30, 1e-30), floats(-1e-5, 1e-5), floats(-1e14, 1e16), fc.constant(0)),
  fc.constant(0),
);

const normCase = forAll(
  'euclideanNorm',
  fc
    .tuple(fc.array(fc.constantFrom([0], [3, 5], [700], []), { maxLength: 4 }), sizes)
    .chain(([shapes, elements]) => fc.tuple(...shapes.map((shape) => tableOf(shape, elements)))),
  async (device, inputs) => {
    const compute = (on: Device, precision?: 'double') =>
      read(() => {
        const out = place(on, { shape: [], data: [7] }, precision);
        on.kernels.euclideanNorm(
          inputs.map((input) => place(on, input, precision)),
          out,
        );
        return [out];
      });
    const [[actual], [exact]] = [await compute(device), await compute(reference, 'double')];
    const expected = Number.isFinite(Math.fround(exact![0]!)) ? exact![0]! : Math.fround(exact![0]!);
    const squares = inputs.flatMap(({ data }) => data).length;
    // Bounds have an absolute part, which is nothing to numbers of this size.
    const size = Number.isFinite(expected) && expected > 0 ? expected : 1;
    const bound = sumBound(squares + 4, 1) + 4 * UNIT + DIVISION;
    expectWithin([actual![0]! / size], [expected / size], () => bound);
  },
);

export const updateCases: readonly KernelCase[] = [adamCase, sgdCase, normCase];
