import { mlp, resnet1d } from '@pnn/models';
import { setSeed } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { expect, test } from 'vitest';
import { compile } from '../../src/compile.js';
import { MalformedError } from '../../src/errors.js';
import { EncryptedNetwork } from '../../src/run/encrypted-network.js';
import { SlotsEvaluator } from '../slots-evaluator.js';
import { expectSameOnSlots, samplesOf } from './expect-same-on-slots.js';

// Of random networks of so many layers some magnify errors beyond any precision, and are refused.
setSeed(3);
const activation = (degree: number) => () => new PolynomialActivation({ degree, bound: 10 });

test('a residual network of degree 8 has each of its results refreshed once, though shortcuts need some of them twice', async () => {
  const network = resnet1d({ channels: 1, classes: 3, widths: [2, 4, 6], activation: activation(8) });
  const plan = await expectSameOnSlots(network, [1, 24], 1, true);
  expect(plan.parameters.degree).toBe(8192);
  const { refreshes } = plan.client();
  expect(refreshes).toHaveLength(7);
  expect(refreshes.every(({ level }) => level === 0)).toBe(true);
  expect(plan.certificate.seenByClient).toHaveLength(7);
  expect(`${plan}`).toMatch(/refreshes: 7 round trips/);
  expect(`${plan}`).toMatch(/WARNING: clients see the results of 7 layers in the clear/);
});

const deep = mlp({ inputs: 6, hidden: [5, 5, 5], classes: 2, activation: activation(8) });

test('what can be done without refreshes, and not much slower, has none', async () => {
  const shallow = mlp({ inputs: 6, hidden: [5], classes: 2, activation: activation(2) });
  const plan = await compile(shallow, { input: [6], calibrate: samplesOf([6]), refresh: true });
  expect(plan.client().refreshes).toEqual([]);
  expect(plan.warning).toBeUndefined();
});

test('a run that is not continued, or wrongly, frees all that it has', async () => {
  const plan = await compile(deep, { input: [6], calibrate: samplesOf([6]), refresh: true });
  const { gathers, input, refreshes } = plan.client();
  expect(refreshes.length).toBeGreaterThan(0);
  const network = new EncryptedNetwork(plan, new SlotsEvaluator(plan.parameters, plan.rotations));
  const { live } = network;
  const message = (level: number) =>
    SlotsEvaluator.message(new Float64Array(plan.parameters.degree / 2), level, input.scale);
  const inputs = gathers.map(() => message(input.level));
  const begin = () => {
    const stages = network.stages(inputs);
    expect(stages.next([]).done).toBe(false);
    return stages;
  };
  begin().return([]);
  expect(network.live).toBe(live);
  expect(() => begin().next([])).toThrow(MalformedError);
  expect(() => begin().next([message(input.level - 1)])).toThrow(MalformedError);
  expect(() => network.run(inputs)).toThrow('who does them');
  expect(() => network.run([])).toThrow(MalformedError);
  expect(network.live).toBe(live);
});

test('weights for which there is no room are encoded in each run, with the same results', async () => {
  const plan = await compile(deep, { input: [6], calibrate: samplesOf([6]), refresh: true });
  const { gathers, input } = plan.client();
  const fresh = (values: Float64Array) => SlotsEvaluator.message(values, input.level, input.scale);
  const inputs = gathers.map((gather) => fresh(Float64Array.from(gather, (i) => Math.max(0, i) / 6)));
  const results = [0, 2 ** 20, 2 ** 30].map((maxKeptBytes) => {
    const evaluator = new SlotsEvaluator(plan.parameters, plan.rotations);
    const network = new EncryptedNetwork(plan, evaluator, { maxKeptBytes });
    const { live } = network;
    const [result] = network.run(inputs, (sent) => sent.map((bytes) => fresh(SlotsEvaluator.numbers(bytes))));
    expect(network.live).toBe(live);
    return { live, result: result! };
  });
  expect(new Set(results.map(({ live }) => live)).size).toBe(3);
  for (const { result } of results) expect(Buffer.compare(result, results[0]!.result)).toBe(0);
});
