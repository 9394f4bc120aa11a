import {
  calculateGain,
  type FanMode,
  fans,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
  xavierNormal,
  xavierUniform,
} from '@pnn/nn';
import { Generator, type RandomOptions, type Shape, scope, type Tensor } from '@pnn/tensor';
import { expect, test } from 'vitest';
import { type GoldenCase, loadGolden } from './load.js';

/** Draws the same all the time: 0 from [0, 1), so that a uniform tensor shows its lower end, and one standard deviation. */
class Constant extends Generator {
  override uniform(): number {
    return 0;
  }

  override normal(): number {
    return 1;
  }
}

const drawing: RandomOptions = { dtype: 'float64', generator: new Constant(0) };

/** PyTorch names layers too where it means that nothing follows. */
const nonlinearities: Readonly<Record<string, Nonlinearity>> = {
  linear: 'linear',
  conv2d: 'linear',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  leaky_relu: 'leaky-relu',
  selu: 'selu',
};

const modes: Readonly<Record<string, FanMode>> = { fanIn: 'fan-in', fanOut: 'fan-out' };

function gainOf({ attributes }: GoldenCase): number {
  const slope = attributes.negativeSlope as number | undefined;
  return calculateGain(nonlinearities[attributes.nonlinearity as string]!, slope);
}

const shapeOf = ({ attributes }: GoldenCase) => attributes.shape as Shape;

function kaiming(golden: GoldenCase, initialize: typeof kaimingUniform): number {
  const mode = modes[golden.attributes.mode as string]!;
  return first(initialize(shapeOf(golden), { ...drawing, gain: gainOf(golden), mode }));
}

function xavier(golden: GoldenCase, initialize: typeof xavierUniform): number {
  return first(initialize(shapeOf(golden), { ...drawing, gain: golden.attributes.gain as number }));
}

function first(drawn: Tensor): number {
  return drawn.dataSync()[0]!;
}

const computations: Readonly<Record<string, (golden: GoldenCase) => Readonly<Record<string, number>>>> = {
  calculateGain: (golden) => ({ gain: gainOf(golden) }),
  fans: (golden) => ({ ...fans(shapeOf(golden)) }),
  kaimingUniform: (golden) => ({ bound: -kaiming(golden, kaimingUniform) }),
  kaimingNormal: (golden) => ({ std: kaiming(golden, kaimingNormal) }),
  xavierUniform: (golden) => ({ bound: -xavier(golden, xavierUniform) }),
  xavierNormal: (golden) => ({ std: xavier(golden, xavierNormal) }),
};

/** One product, one root, one quotient, in another order. */
const tolerance = 1e-15;

const cases = loadGolden('initialization');

test.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
  const compute = computations[golden.subject];
  if (!compute) return expect.fail(`no computation for ${golden.kind} '${golden.subject}'`);
  const found = scope(() => compute(golden));
  expect(Object.keys(found)).toEqual(Object.keys(golden.outputs));
  for (const [name, { data }] of Object.entries(golden.outputs)) {
    const expected = data[0]!;
    expect(Math.abs(found[name]! - expected), name).toBeLessThanOrEqual(tolerance * expected);
  }
});

test('has no computation without a case', () => {
  expect(Object.keys(computations).sort()).toEqual([...new Set(cases.map(({ subject }) => subject))].sort());
});
