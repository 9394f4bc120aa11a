import { AdamW, BatchNorm1d, Linear, Sequential } from '@pnn/nn';
import { evaluate, PolynomialActivation, Trainer } from '@pnn/pnn';
import { expect, it } from 'vitest';
import { all, blobLoader } from '../../../pnn/test/training/toy.js';
import { runRecord } from '../../src/index.js';

it('draws the polynomial of the first channel where each channel has its own', async () => {
  const activation = new PolynomialActivation({ degree: 4, bound: 6, channels: 8 });
  const network = new Sequential(new Linear(4, 8), new BatchNorm1d(8), activation, new Linear(8, 3));
  const trainer = new Trainer(network, { optimizer: new AdamW(network.parameterGroups(), { lr: 0.01 }) });
  const epochs = await all(trainer.fit(blobLoader(), { epochs: 1 }));
  const test = await evaluate(network, blobLoader());
  const { layers } = await runRecord(trainer, { name: 'toy', settings: {}, seed: 0, epochs, test, testSeconds: 0 });
  const curve = layers[0]!.curve;
  expect(curve.map(({ x }) => x)).toEqual([...curve.map(({ x }) => x)].sort((a, b) => a - b));
  for (const { x, polynomial } of curve) expect(polynomial).toBeCloseTo(activation.fit.evaluate(x), 4);
});
