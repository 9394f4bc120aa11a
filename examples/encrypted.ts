import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits } from '@pnn/data';
import { compile } from '@pnn/he';
import { connect, serve } from '@pnn/he/node';
import { defaultExperiment, Experiment } from '@pnn/lab';

// A trained network; loadNetwork of @pnn/models/node reads one from a file.
const data = digits({ train: 4000, test: 100 });
const model = { name: 'mlp', widths: [32], order: 'normalization-first', dropout: 0 } as const;
const experiment = new Experiment({ ...defaultExperiment, model }, data);
for await (const { epoch } of experiment.run()) console.log(`epoch ${epoch}`);
const { network, inputShape, normalization } = experiment.described;

// Whoever has the network plans it, and serves it.
const plan = await compile(network, { input: inputShape, calibrate: data.train, normalization });
console.log(`${plan}`);
const server = await serve(plan);

// Whoever has the data, in another process: the secret key never leaves it.
const folder = await mkdtemp(join(tmpdir(), 'pnn-'));
const client = await connect(server.url);
await client.createKeys(join(folder, 'me.key'));
const [bytes, label] = [new Uint8Array(28 * 28), new Int32Array(1)];
let right = 0;
for (let i = 0; i < 20; i++) {
  data.test.read([i], bytes, label);
  const { logits, warnings } = await client.run(Float64Array.from(bytes, (byte) => byte / 255));
  for (const { message } of warnings) console.log(message);
  if (logits.indexOf(Math.max(...logits)) === label[0]) right++;
}
console.log(`${right} of 20 digits were recognized, which the server has not seen`);

await client.close();
await server.close();
await rm(folder, { recursive: true });
