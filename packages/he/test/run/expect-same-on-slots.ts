import { ArrayDataset, type Module, noGrad, type Shape, scope, sizeOf, tensor } from '@pnn/nn';
import { expect } from 'vitest';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { compile } from '../../src/compile.js';
import type { Plan } from '../../src/plan/plan.js';
import { EncryptedNetwork } from '../../src/run/encrypted-network.js';
import { SlotsEvaluator } from '../slots-evaluator.js';

const normalization = { mean: [0.3], std: [0.5] };

/** Numbers from 0 to 1, the same in each run. */
export function samplesOf(shape: Shape, count = 6): ArrayDataset {
  const inputs = Float32Array.from({ length: count * sizeOf(shape) }, (_, i) => (1 + Math.sin(1.3 * i * i)) / 2);
  return new ArrayDataset({ inputs, inputShape: shape, labels: new Int32Array(count) });
}

/** Compiles a network and expects its logits of the plan, run on slots that are not encrypted. */
export async function expectSameOnSlots(
  network: Module,
  shape: Shape,
  precision = 0.1,
  refresh = false,
): Promise<Plan> {
  const data = samplesOf(shape);
  const single = shape.length === 3 && shape[0] === 1 ? normalization : null;
  const plan = await compile(network, { input: shape, calibrate: data, precision, normalization: single, refresh });
  const encrypted = new EncryptedNetwork(plan, new SlotsEvaluator(plan.parameters, plan.rotations));
  const before = encrypted.live;
  const sample = new Float32Array(sizeOf(shape));
  data.read([3], sample, new Int32Array(1));
  const client = plan.client();
  const messages = client.gathers.map((gather) =>
    SlotsEvaluator.message(
      Float64Array.from(gather, (i) => (i < 0 ? 0 : sample[i]!)),
      client.input.level,
      client.input.scale,
    ),
  );
  const refreshed = (ciphertexts: readonly Uint8Array[]) =>
    ciphertexts.map((bytes) =>
      SlotsEvaluator.message(SlotsEvaluator.numbers(bytes), client.input.level, client.input.scale),
    );
  const results = encrypted.run(messages, refreshed).map((bytes) => SlotsEvaluator.numbers(bytes));
  expect(encrypted.live).toBe(before);
  const slots = client.degree / 2;
  const logits = client.output.places.map((place) => results[Math.floor(place / slots)]![place % slots]!);
  const { logits: wanted } = runProgram(await programOf(network, shape, single), sample);
  const largest = Math.max(1, ...wanted.map(Math.abs));
  for (const [i, value] of wanted.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-9 * largest);
  // The program is computed in double precision, the network in single.
  const normalized = single ? sample.map((value) => (value - single.mean[0]!) / single.std[0]!) : sample;
  const own = scope(() =>
    noGrad(() =>
      network
        .eval()
        .forward(tensor(normalized, { shape: [1, ...shape] }))
        .dataSync()
        .slice(),
    ),
  );
  for (const [i, value] of wanted.entries()) expect(Math.abs(own[i]! - value)).toBeLessThan(1e-3 * largest);
  // No slot of a result has a part of a sum in it: each repeats a logit, or is 0.
  const period = 2 ** Math.ceil(Math.log2(wanted.length));
  results[0]!.forEach((value, slot) => {
    const logit = slot % period;
    expect(Math.abs(value - (logits[logit] ?? 0))).toBeLessThan(1e-9 * largest);
  });
  return plan;
}
