/**
 * A training with everything in it that processes have to agree on, whose whole state is printed as a fingerprint; the argument
 * is the number of threads. Without mpirun it is a single process with all four shards.
 */
import { createHash } from 'node:crypto';
import { dataLoaders, digits } from '@pnn/data';
import { findLauncher, mpi } from '@pnn/mpi';
import {
  AdamW,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  oneProcess,
  randomCrop,
  Sequential,
  setDevice,
  setSeed,
  setThreads,
  wasm,
} from '@pnn/nn';
import { dualAscent, type EpochRecord, PolynomialActivation, Trainer, takeCheckpoint } from '@pnn/pnn';

const withoutTimes = (value: unknown) =>
  JSON.stringify(value, (key, each) => (key.toLowerCase().endsWith('seconds') ? undefined : each));

setThreads(Number(process.argv[2]));
setDevice(await wasm());
const processes = findLauncher() ? await mpi() : undefined;
setSeed(5);

const activation = () =>
  new PolynomialActivation({ target: 'relu', degree: 8, bound: 10, alpha: 0.7, outside: 'tangent' });
const network = new Sequential(
  ...[new Conv2d(1, 4, 3, { padding: 1 }), new BatchNorm2d(4), activation(), new MaxPool2d(4)],
  ...[new Flatten(), new Dropout(0.2), new Linear(4 * 7 * 7, 16), activation(), new Linear(16, 10)],
);
const { train, test } = dataLoaders(
  { ...digits({ train: 260, test: 100 }), augmentation: [randomCrop(2)] },
  { batchSize: 32, testBatchSize: 30 },
);
const trainer = new Trainer(network, {
  optimizer: new AdamW(network.parameterGroups(), { lr: 2e-3, maxNorm: 1 }),
  lambda: dualAscent(),
  calibration: { steps: 4 },
  communicator: processes ?? oneProcess,
  shards: 4,
});
const epochs: EpochRecord[] = [];
for await (const epoch of trainer.fit(train, { epochs: 2, validation: test })) epochs.push(epoch);

const { tensors, state } = await takeCheckpoint(trainer, epochs);
const hash = createHash('sha256').update(withoutTimes(state));
for (const [name, { data }] of tensors) {
  hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
const fingerprint = hash.digest('hex');
await processes?.agree({ fingerprint }, 'the processes have other bits');
const loss = epochs.at(-1)!.validationLoss!;
if (!processes?.rank) console.log(`${tensors.size} tensors, loss ${loss}: ${fingerprint}`);
