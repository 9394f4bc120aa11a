import { digits } from '@pnn/data';
import { compile, openSeal, type Plan, programOf, runProgram, type SealLibrary } from '@pnn/he';
import { defaultExperiment, Experiment } from '@pnn/lab';
import { beforeAll, expect, test } from 'vitest';
import { LocalSession } from './local-session.js';
import './strided-model.js';

const data = digits({ train: 1500, test: 60 });
let seal: SealLibrary;
beforeAll(async () => {
  seal = await openSeal();
});

const indexOfLargest = (values: Float64Array) => values.indexOf(Math.max(...values));

/** Runs samples through SEAL's keys and an evaluator, and compares with the network in float64. */
async function expectAgreement(model: string, degree: number, evaluator: 'seal' | 'wasm', samples: number) {
  const widths = model === 'mlp' ? [64] : [];
  const { method } = defaultExperiment;
  const experiment = new Experiment(
    {
      ...defaultExperiment,
      model: { name: model, widths, order: 'normalization-first', dropout: 0 },
      method: { ...method, polynomial: { ...method.polynomial!, degree } },
    },
    data,
  );
  for await (const _ of experiment.run());
  const { network, inputShape, normalization } = experiment.described;
  const plan: Plan = await compile(network, { input: inputShape, calibrate: data.train, normalization });
  const program = await programOf(network, inputShape, normalization);

  const session = new LocalSession(plan, seal, evaluator);
  const before = session.network.live;
  const [bytes, label] = [new Uint8Array(28 * 28), new Int32Array(1)];
  for (let i = 0; i < samples; i++) {
    data.test.read([i], bytes, label);
    const sample = Float64Array.from(bytes, (byte) => byte / 255);
    const logits = session.logits(sample);
    const { logits: wanted } = runProgram(program, sample);
    wanted.forEach((logit, k) => {
      expect(Math.abs(logits[k]! - logit)).toBeLessThan(plan.errorBound);
    });
    const [first, second] = [...wanted].sort((a, b) => b - a) as [number, number];
    if (first - second > 2 * plan.errorBound) expect(indexOfLargest(logits)).toBe(indexOfLargest(wanted));
  }
  expect(session.network.live).toBe(before);
  session.dispose();
}

test.each<[string, number, 'seal' | 'wasm', number]>([
  ['mlp', 2, 'seal', 4],
  ['mlp', 8, 'wasm', 4],
  ['strided', 2, 'wasm', 4],
  ['strided', 8, 'seal', 2],
  ['mlp', 22, 'wasm', 2],
])('%s of degree %i on %s agrees with the network within the bound of its plan', expectAgreement);
