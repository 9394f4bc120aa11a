/** Trains a network on digits, and serves it to a page that encrypts what is drawn: `npm run browser:encrypted`. */
import { digits } from '@pnn/data';
import { compile } from '@pnn/he';
import { serve } from '@pnn/he/node';
import { defaultExperiment, Experiment } from '@pnn/lab';
import { servePage } from './page-server.js';

const data = digits({ train: 8000, test: 500 });
const model = { name: 'mlp', widths: [64], order: 'normalization-first', dropout: 0 } as const;
const experiment = new Experiment({ ...defaultExperiment, model }, data);
for await (const { epoch } of experiment.run()) console.log(`epoch ${epoch}`);
const { network, inputShape, normalization } = experiment.described;
const plan = await compile(network, { input: inputShape, calibrate: data.train, normalization });
console.log(`${plan}`);
const { url } = await servePage((await serve(plan, { log: console.log })).url);
console.log(`\n${url}/`);
