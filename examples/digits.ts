import { dataLoaders, digits } from '@pnn/data';
import { mlp } from '@pnn/models';
import { AdamW, setSeed } from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

setSeed(7);
const { train, test } = dataLoaders(digits({ train: 1000, test: 200 }), { batchSize: 50 });
const network = mlp({
  inputs: 28 * 28,
  hidden: [64, 32],
  classes: 10,
  activation: () => new PolynomialActivation({ target: 'relu', degree: 8, bound: 8, alpha: 0.7, outside: 'tangent' }),
});
const optimizer = new AdamW(network.parameterGroups(), { lr: 1e-3, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 100 });

for await (const epoch of trainer.fit(train, { epochs: 3, validation: test })) {
  const reach = epoch.layers.map(({ validation }) => validation!.maxAbs.toFixed(2)).join(', ');
  const accuracy = 100 * epoch.validationMetrics!.accuracy!;
  console.log(
    `epoch ${epoch.epoch}: loss ${epoch.trainLoss.toFixed(4)}, test accuracy ${accuracy.toFixed(1)}%, largest |x| ${reach}`,
  );
}
