import { AdamW, ArrayDataset, DataLoader, setSeed } from '@pnn/nn';
import { digits, type ImageDataset, mlp, normalize, PolynomialActivation, Trainer } from '@pnn/pnn';

function loaderOf(split: ImageDataset, shuffle: boolean): DataLoader {
  const inputShape = [split.channels, split.height, split.width];
  const dataset = new ArrayDataset({ inputs: normalize(split), inputShape, labels: split.labels, classes: 10 });
  return new DataLoader(dataset, { batchSize: 50, shuffle });
}

setSeed(7);
const { train, test } = digits({ train: 1000, test: 200 });
const network = mlp({
  inputs: 28 * 28,
  hidden: [64, 32],
  classes: 10,
  activation: () => new PolynomialActivation({ target: 'relu', degree: 4, bound: 6, alpha: 0.7, outside: 'tangent' }),
});
const optimizer = new AdamW(network.parameterGroups(), { lr: 1e-3, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 100 });

for await (const epoch of trainer.fit(loaderOf(train, true), { epochs: 3, validation: loaderOf(test, false) })) {
  const accuracy = 100 * epoch.validationAccuracy!;
  console.log(`epoch ${epoch.epoch}: loss ${epoch.trainLoss.toFixed(4)}, test accuracy ${accuracy.toFixed(1)}%`);
}
