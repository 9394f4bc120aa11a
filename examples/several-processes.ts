// The same network, to the bit, from one process or from several: node PROGRAM, or mpirun -n 4 --bind-to none node PROGRAM.
import { digits } from '@pnn/data';
import { findLauncher, mpi } from '@pnn/mpi';
import {
  AdamW,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  DataLoader,
  Flatten,
  Linear,
  oneProcess,
  Sequential,
  setSeed,
} from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

const communicator = findLauncher() ? await mpi() : oneProcess;

setSeed(7);
const { train, test } = digits({ train: 512, test: 256 });
const activation = () => new PolynomialActivation({ degree: 4, bound: 6 });
const network = new Sequential(
  new Conv2d(1, 8, 3, { padding: 1 }),
  new BatchNorm2d(8),
  activation(),
  new AvgPool2d(4),
  new Flatten(),
  new Linear(8 * 7 * 7, 10),
);
const optimizer = new AdamW(network.parameterGroups(), { lr: 3e-3 });
// Every batch is cut into four parts, which one, two or four processes share.
const trainer = new Trainer(network, { optimizer, lambda: 10, communicator, shards: 4 });
const batches = new DataLoader(train, { batchSize: 64, shuffle: true, dropLast: true });
for await (const { epoch, trainLoss, validationMetrics } of trainer.fit(batches, {
  epochs: 3,
  validation: new DataLoader(test, { batchSize: 64 }),
})) {
  if (communicator.rank > 0) continue;
  console.log(
    `epoch ${epoch}: loss ${trainLoss.toFixed(4)}, test accuracy ${(100 * validationMetrics!.accuracy!).toFixed(1)}`,
  );
}
