import { resolve } from 'node:path';
import type { Command } from '../cli/command.js';
import { serveOptions, serveOptionsFrom } from '../cli/option-groups/encryption.js';
import {
  importFrom,
  outputOptions,
  positionalFrom,
  requiredSampleSpecFrom,
  sampleOptions,
} from '../cli/option-groups/trained.js';
import type { Options } from '../cli/options.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { loadTrained } from '../cli/trained-files.js';
import { DEFAULT_COUNT, encryptedRun } from './encrypted-run.js';
import { connectionFrom, encryption, planOf } from './encryption.js';

const actions = ['plan', 'serve', 'keys', 'run'] as const;

async function planFrom(options: Options) {
  const trained = await loadTrained(positionalFrom(options, 1, 'the file of a network'));
  return planOf(trained, requiredSampleSpecFrom(options, 'train'), options);
}

async function serve(options: Options, terminal: Terminal): Promise<number> {
  const { serve: start } = await encryption();
  const plan = await planFrom(options);
  const server = await start(plan, {
    ...serveOptionsFrom(options),
    log: (message) => process.stderr.write(`${message}\n`),
  });
  terminal.write(`${plan}\n\n${server.url} (plan ${plan.hash.slice(0, 16)}); Ctrl-C ends it\n`);
  const { signal } = stopOnSignals();
  await new Promise<void>((stopped) => signal.addEventListener('abort', () => stopped(), { once: true }));
  await server.close();
  return 0;
}

async function keys(options: Options, terminal: Terminal): Promise<number> {
  const { connect } = await encryption();
  const client = await connect(positionalFrom(options, 1, 'the address of a server'), connectionFrom(options));
  const path = resolve(options.text('key') ?? options.refuse('--key FILE is missing'));
  try {
    await client.createKeys(path);
  } finally {
    await client.close();
  }
  terminal.write(`${path}: a secret key for plan ${client.plan.hash.slice(0, 16)}; whoever has it can decrypt\n`);
  return 0;
}

/** `pnn encrypt` */
export const encrypt: Command = {
  name: 'encrypt',
  summary: 'plan, serve and ask a network on encrypted inputs',
  positionals: ['ACTION', '…'],
  description: `ACTION is one of:
  plan MODEL           print how the network is computed on ciphertexts
  serve MODEL          compute it for clients on this machine, until Ctrl-C
  keys URL             make a secret key for a server in the file --key
  run MODEL            encrypt samples, compute the network on them, compare with the network
                       itself; prints tables, and writes them as HTML and JSON
  run URL MODEL        the same with a server and the key --key`,
  options: () => [
    { heading: 'Samples (of calibration for plan and serve, to ask for with run)', options: sampleOptions('train') },
    {
      heading: 'Encryption',
      options: {
        precision: { value: 'E', description: 'errors of logits stay below E (default 0.01)' },
        optimize: { value: 'WHAT', description: 'latency (default) of one sample, or throughput of many' },
        layout: {
          value: 'NAME',
          description: 'single, or batch: thousands of samples at once (default what optimize leads to)',
        },
        refresh: {
          description:
            'the client may decrypt and encrypt again on the way: it sees activations, and can compute weights',
        },
        security: {
          value: 'NAME',
          description:
            'standard (default, of 2018) or guidelines (of 2024): by which of them parameters are 128-bit secure',
        },
        ...serveOptions(),
        key: { value: 'FILE', description: 'the secret key of keys and run' },
        count: { value: 'N', description: `samples of run, spread over all (default ${DEFAULT_COUNT}, or one batch)` },
      },
    },
    { heading: 'Output', options: outputOptions('encrypt') },
  ],
  notes: `Examples:
  pnn encrypt run MODEL --dataset mnist --data DIR
  pnn encrypt run MODEL --dataset mnist --data DIR --layout batch --workers 2
  pnn encrypt serve MODEL --dataset mnist --data DIR --port 8080 --timings
  pnn encrypt keys http://127.0.0.1:8080 --key me.key
  pnn encrypt run http://127.0.0.1:8080 MODEL --dataset mnist --data DIR --key me.key`,
  async run(options, terminal) {
    await importFrom(options);
    const action = positionalFrom(options, 0, 'ACTION (plan, serve, keys or run)');
    if (action === 'plan') {
      terminal.write(`${await planFrom(options)}\n`);
      return 0;
    }
    if (action === 'serve') return serve(options, terminal);
    if (action === 'keys') return keys(options, terminal);
    if (action === 'run') return encryptedRun(options, terminal);
    return options.refuse(`'${action}' is not one of ${actions.join(', ')}`);
  },
};
