import { digits } from '@pnn/data';
import {
  BatchNetwork,
  compile,
  type Evaluator,
  openSeal,
  programOf,
  runProgram,
  SealEvaluator,
  WasmEvaluator,
} from '@pnn/he';
import { defaultExperiment, Experiment } from '@pnn/lab';
import { models } from '@pnn/models';
import { BatchNorm2d, Conv2d, Flatten, Linear, Sequential } from '@pnn/nn';
import { expect, test } from 'vitest';

/** A network that looks at few pixels, so that few ciphertexts are made. */
models.register({
  name: 'sparse',
  summary: 'a 2x2 convolution of stride 7 with 2 filters, and a linear layer',
  widths: null,
  dropout: false,
  make: ({ outputs, activation }) =>
    new Sequential(
      new Conv2d(1, 2, 2, { stride: 7, bias: false }),
      new BatchNorm2d(2),
      activation(),
      new Flatten(),
      new Linear(2 * 4 * 4, outputs),
    ),
});

const IMAGES = 60;
const indexOfLargest = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));

test('a batch of digits agrees with the network within the bound of its plan, with the same bits on both evaluators', async () => {
  const data = digits({ train: 600, test: IMAGES });
  const { method } = defaultExperiment;
  const experiment = new Experiment(
    {
      ...defaultExperiment,
      model: { name: 'sparse', widths: [], order: 'normalization-first', dropout: 0 },
      method: { ...method, polynomial: { ...method.polynomial!, degree: 2 } },
    },
    data,
  );
  for await (const _ of experiment.run());
  const { network, inputShape, normalization } = experiment.described;
  const plan = await compile(network, { input: inputShape, calibrate: data.train, normalization, layout: 'batch' });
  const program = await programOf(network, inputShape, normalization);
  expect(plan.elements).toHaveLength(8 * 8);

  const images = Array.from({ length: IMAGES }, (_, i) => {
    const bytes = new Uint8Array(28 * 28);
    data.test.read([i], bytes, new Int32Array(1));
    return Float64Array.from(bytes, (byte) => byte / 255);
  });
  const { parameters, input } = plan;
  const seal = await openSeal();
  const context = seal.context(parameters);
  const secret = context.createSecretKey();
  const messages = plan.elements.map((element) => {
    const values = new Float64Array(plan.images);
    for (const [slot, image] of images.entries()) values[slot] = image[element]!;
    const plaintext = context.encode(values, input.scale);
    const message = context.encrypt(plaintext, secret);
    plaintext.delete();
    return message;
  });
  const keys = { relinearization: context.createRelinearizationKeys(secret) };
  const [expected, ...others] = [
    new SealEvaluator(seal.context(parameters), parameters, keys),
    new WasmEvaluator(parameters, keys, { threads: 1 }),
    new WasmEvaluator(parameters, keys, { threads: 2 }),
  ].map((evaluator: Evaluator) => {
    const batch = new BatchNetwork(plan, evaluator);
    batch.load(messages);
    const results = batch.run();
    expect(batch.live).toBe(0);
    batch.dispose();
    return results;
  });
  for (const results of others) expect(Buffer.compare(Buffer.concat(results), Buffer.concat(expected!))).toBe(0);

  const slots = expected!.map((bytes) => {
    const ciphertext = context.loadCiphertext(bytes);
    const plaintext = context.decrypt(ciphertext, secret);
    const values = context.decode(plaintext);
    for (const handle of [ciphertext, plaintext]) handle.delete();
    return values;
  });
  images.forEach((image, i) => {
    const { logits: wanted } = runProgram(program, image);
    const logits = slots.map((values) => values[i]!);
    wanted.forEach((logit, k) => {
      expect(Math.abs(logits[k]! - logit)).toBeLessThan(plan.errorBound);
    });
    const [first, second] = [...wanted].sort((a, b) => b - a) as [number, number];
    if (first - second > 2 * plan.errorBound) expect(indexOfLargest(logits)).toBe(indexOfLargest(wanted));
  });
  secret.delete();
  context.delete();
});
