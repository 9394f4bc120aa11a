// One process by itself; with mpirun -n 2 or -n 4 before it, the processes share the four shards of every batch. Same bits.
import { dataLoaders, digits } from '@pnn/data';
import { mlp } from '@pnn/models';
import { findLauncher, mpi } from '@pnn/mpi';
import { AdamW, oneProcess, setDevice, setSeed, wasm } from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

setDevice(wasm());
const communicator = findLauncher() ? await mpi() : oneProcess;

setSeed(7);
const { train, test } = dataLoaders(digits({ train: 1000, test: 200 }), { batchSize: 64 });
const network = mlp({
  inputs: 28 * 28,
  hidden: [64, 32],
  classes: 10,
  activation: () => new PolynomialActivation({ target: 'relu', degree: 8, bound: 8, alpha: 0.7, outside: 'tangent' }),
});
const optimizer = new AdamW(network.parameterGroups(), { lr: 2e-3, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 100, communicator, shards: 4 });

for await (const epoch of trainer.fit(train, { epochs: 3, validation: test })) {
  const accuracy = (100 * epoch.validationMetrics!.accuracy!).toFixed(1);
  if (communicator.rank === 0) console.log(`epoch ${epoch.epoch}: loss ${epoch.trainLoss}, test accuracy ${accuracy}%`);
}
