import { resolve } from 'node:path';
import type { BatchPlan, EncryptedResult, MessageBytes, Plan } from '@pnn/he';
import { publish } from '../cli/findings.js';
import { serveOptionsFrom } from '../cli/option-groups/encryption.js';
import { outputFolderFrom, positionalFrom, requiredSampleSpecFrom } from '../cli/option-groups/trained.js';
import type { Options } from '../cli/options.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import { ProgressBar } from '../report/index.js';
import { EncryptedComparison } from '../trained/encrypted-comparison.js';
import { titleOf } from '../trained/trained-network.js';
import { encryptedDocument } from './encrypted-document.js';
import { connectionFrom, encryption, planOf } from './encryption.js';

/** Samples that are asked unless told otherwise. */
export const DEFAULT_COUNT = 100;

/** A client whose keys a server has, and what must be ended with it. */
interface Connection {
  readonly client: {
    readonly plan: {
      readonly layout: 'single' | 'batch';
      readonly hash: string;
      readonly degree: number;
      readonly bits: readonly number[];
      readonly errorBound: number;
    };
    readonly messages: MessageBytes;
    runMany(inputs: readonly ArrayLike<number>[]): Promise<EncryptedResult[]>;
  };
  close(): Promise<void>;
}

/** A server of somebody, asked with the key of a file. */
async function connectTo(url: string, options: Options): Promise<Connection> {
  const key = resolve(options.text('key') ?? options.refuse('--key FILE is missing'));
  const { connect } = await encryption();
  const client = await connect(url, connectionFrom(options));
  try {
    await client.useKeys(key);
  } catch (error) {
    await client.close();
    throw error;
  }
  return { client, close: () => client.close() };
}

/** A server in this process, asked with a key that is in memory only. */
async function serveHere(plan: Plan | BatchPlan, options: Options): Promise<Connection> {
  const { EncryptedClient, serve } = await encryption();
  const server = await serve(plan, { ...serveOptionsFrom(options), port: 0, timings: true });
  const client = await EncryptedClient.connect(server.url, connectionFrom(options));
  const close = async () => {
    client.dispose();
    await server.close();
  };
  try {
    client.useSecretKey(client.makeSecretKey());
    await client.sendKeys();
  } catch (error) {
    await close();
    throw error;
  }
  return { client, close };
}

/** `pnn encrypt run`: asks with samples, compares with the network itself, writes a report. */
export async function encryptedRun(options: Options, terminal: Terminal): Promise<number> {
  const url = options.positionals.length > 2 ? positionalFrom(options, 1, 'the address of a server') : undefined;
  const path = positionalFrom(options, url === undefined ? 1 : 2, 'the file of a network that takes the same samples');
  const spec = requiredSampleSpecFrom(options, 'test');
  const trained = await loadTrained(path);
  const { classes, inputShape, normalization } = trained.description;
  const { programOf, runProgram, securityOf, spreadSamples, stepsOf } = await encryption();
  const dataset = await loadSamples(trained, spec);
  const out = await outputFolderFrom(options, 'encrypt');
  const program = await programOf(trained.network, inputShape, normalization);
  const plan = await planOf(trained, { ...spec, split: 'train', samples: null }, options);

  if (plan.warning) process.stderr.write(`${plan.warning}\n`);

  const start = performance.now();
  const { client, close } = await (url === undefined ? serveHere(plan, options) : connectTo(url, options));
  const keyTime = performance.now() - start;
  const { layout, degree, bits, hash } = client.plan;
  const images = layout === 'batch' ? degree / 2 : 1;
  const count = options.integer('count', 1) ?? (images > 1 ? images : DEFAULT_COUNT);
  const samples = spreadSamples(dataset, count);
  const comparison = new EncryptedComparison(client.plan.errorBound, Boolean(classes));
  const stop = stopOnSignals();
  const bar = new ProgressBar(terminal, { total: samples.length, label: 'samples' });
  let failure: unknown;
  try {
    for (let first = 0; first < samples.length && !stop.signal.aborted; first += images) {
      const asked = samples.slice(first, first + images);
      const results = await client.runMany(asked.map(({ input }) => input));
      for (const [i, { input, label }] of asked.entries()) {
        comparison.add(runProgram(program, input).logits, results[i]!, label[0]!);
      }
      bar.update(comparison.samples);
    }
  } catch (error) {
    failure = error;
  } finally {
    bar.clear();
    stop.ignore();
    await close().catch((error: unknown) => {
      failure ??= error;
    });
  }
  if (comparison.samples > 0) {
    const isSame = plan.hash === hash;
    const record = {
      model: path,
      data: `${spec.dataset}/${spec.split}`,
      asked: samples.length,
      ...comparison.record(),
      plan: {
        hash,
        degree,
        bits,
        security: securityOf({ degree, bits }),
        images,
        steps: isSame ? stepsOf(plan) : null,
        certificate: isSame ? plan.certificate : null,
      },
      keyTime,
      messages: client.messages,
    };
    await publish({ command: 'encrypt', record, document: encryptedDocument(titleOf(trained), record) }, out, terminal);
  }
  if (failure !== undefined) throw failure;
  return stop.status;
}
