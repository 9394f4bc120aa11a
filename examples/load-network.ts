import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits } from '@pnn/data';
import { defaultExperiment, Experiment } from '@pnn/lab';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { noGrad, scope, sizeOf, tensor } from '@pnn/nn';

// A file as `npx pnn train` leaves it in runs/.
const folder = await mkdtemp(join(tmpdir(), 'pnn-'));
const path = join(folder, 'polynomial.safetensors');
const data = digits({ train: 3000, test: 500 });
const experiment = new Experiment(defaultExperiment, data);
for await (const { validationMetrics } of experiment.run()) {
  console.log(`in training: ${(100 * validationMetrics!.accuracy!).toFixed(1)}%`);
}
await saveNetwork(path, experiment.described);

// Elsewhere, the file is all that is needed. Models and targets of your own must be registered before.
const { network, description } = await loadNetwork(path);
await rm(folder, { recursive: true });
const { inputShape, normalization, classes } = description;

/** Samples of type uint8 as the network takes them: byte/255, then (x − mean)/std of each channel. */
function prepared(samples: Uint8Array): Float32Array {
  const area = sizeOf(inputShape) / inputShape[0]!;
  return Float32Array.from(samples, (byte, i) => {
    if (!normalization) return byte / 255;
    const channel = Math.floor(i / area) % inputShape[0]!;
    return (byte / 255 - normalization.mean[channel]!) / normalization.std[channel]!;
  });
}

/** The class of each sample; the network is in evaluation mode and gives a logit for each class. */
async function classify(samples: Uint8Array): Promise<string[]> {
  const shape = [samples.length / sizeOf(inputShape), ...inputShape];
  using best = scope(() => noGrad(() => network.forward(tensor(prepared(samples), { shape })).argmax(1)));
  return Array.from(await best.data(), (index) => classes![index]!);
}

const count = data.test.length;
const [bytes, labels] = [new Uint8Array(count * sizeOf(inputShape)), new Int32Array(count)];
data.test.read([...labels.keys()], bytes, labels);
const right = (await classify(bytes)).filter((name, i) => name === classes![labels[i]!]);
console.log(`from the file: ${((100 * right.length) / count).toFixed(1)}%`);
