import { resolve } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import type { Command } from '../cli/command.js';
import { importFrom, positionalFrom, requiredSampleSpecFrom, sampleOptions } from '../cli/option-groups/trained.js';
import type { Options } from '../cli/options.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';

const actions = ['plan', 'serve', 'keys', 'run'] as const;
const evaluators = ['wasm', 'seal'] as const;
const SPREAD_SAMPLES = 100;

/** Loads the package of encrypted inference, which the workbench does without otherwise. */
async function encryption() {
  try {
    const [main, node] = await Promise.all([import('@pnn/he'), import('@pnn/he/node')]);
    return { ...main, ...node };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ArgumentError('pnn encrypt: @pnn/he is not installed: npm install @pnn/he node-seal@6.0.3');
  }
}

async function planOf(options: Options) {
  const { compile } = await encryption();
  const trained = await loadTrained(positionalFrom(options, 1, 'the file of a network'));
  const calibrate = await loadSamples(trained, requiredSampleSpecFrom(options, 'train'));
  const { inputShape, normalization } = trained.description;
  const precision = options.positive('precision');
  return compile(trained.network, {
    input: inputShape,
    calibrate,
    normalization,
    ...(precision !== undefined && { precision }),
  });
}

async function serve(options: Options, terminal: Terminal): Promise<number> {
  const { serve: start } = await encryption();
  const plan = await planOf(options);
  const evaluator = options.choice('evaluator', evaluators);
  const [port, threads, maxSessions] = [
    options.integer('port', 0, 65535),
    options.integer('threads', 1),
    options.integer('sessions', 1),
  ];
  const server = await start(plan, {
    ...(port !== undefined && { port }),
    ...(evaluator !== undefined && { evaluator }),
    ...(threads !== undefined && { threads }),
    ...(maxSessions !== undefined && { maxSessions }),
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
  const client = await connect(positionalFrom(options, 1, 'the address of a server'));
  const path = resolve(options.text('key') ?? options.refuse('--key FILE is missing'));
  try {
    await client.createKeys(path);
  } finally {
    await client.close();
  }
  terminal.write(`${path}: a secret key for plan ${client.plan.hash.slice(0, 16)}; whoever has it can decrypt\n`);
  return 0;
}

async function run(options: Options, terminal: Terminal): Promise<number> {
  const { connect } = await encryption();
  const network = positionalFrom(options, 2, 'the file of a network that takes the same samples');
  const trained = await loadTrained(network);
  const samples = await loadSamples(trained, requiredSampleSpecFrom(options, 'test'));
  const client = await connect(positionalFrom(options, 1, 'the address of a server'));
  try {
    await client.useKeys(resolve(options.text('key') ?? options.refuse('--key FILE is missing')));
    const { calibrationSamples, programOf, runProgram } = await encryption();
    const { inputShape, normalization } = trained.description;
    const program = await programOf(trained.network, inputShape, normalization);
    const inputs = calibrationSamples(samples, options.integer('count', 1) ?? SPREAD_SAMPLES);
    let [same, worst, warned] = [0, 0, 0];
    const indexOfLargest = (values: Float64Array) => values.indexOf(Math.max(...values));
    const start = performance.now();
    for (const input of inputs) {
      const { logits, warnings } = await client.run(input);
      const { logits: plain } = runProgram(program, input);
      if (indexOfLargest(logits) === indexOfLargest(plain)) same++;
      if (warnings.length > 0) warned++;
      logits.forEach((logit, i) => {
        worst = Math.max(worst, Math.abs(logit - plain[i]!));
      });
    }
    const each = (performance.now() - start) / inputs.length;
    terminal.write(
      `${inputs.length} samples: ${same} with the class of the plain network, largest error ${worst.toPrecision(2)} ` +
        `(expected below ${client.plan.errorBound.toPrecision(2)}), ${warned} with warnings, ${Math.round(each)} ms each\n`,
    );
  } finally {
    await client.close();
  }
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
  run URL MODEL        encrypt samples, ask the server, compare with the network itself`,
  options: () => [
    { heading: 'Samples (of calibration for plan and serve, to ask for with run)', options: sampleOptions('train') },
    {
      heading: 'Encryption',
      options: {
        precision: { value: 'E', description: 'errors of logits stay below E (default 0.01)' },
        evaluator: { value: 'NAME', description: 'what serves: wasm (default) or seal' },
        threads: { value: 'N', description: 'threads of each session of wasm (default 1)' },
        port: { value: 'N', description: 'the port of serve (default one that is free)' },
        sessions: { value: 'N', description: 'clients that serve has at a time (default 4)' },
        key: { value: 'FILE', description: 'the secret key of keys and run' },
        count: { value: 'N', description: `samples of run, spread over all (default ${SPREAD_SAMPLES})` },
        import: { value: 'FILE,…', description: 'modules that register data sets, models or targets of your own' },
      },
    },
  ],
  notes: `Examples:
  pnn encrypt plan MODEL --dataset mnist --data DIR
  pnn encrypt serve MODEL --dataset mnist --data DIR --port 8080
  pnn encrypt keys http://127.0.0.1:8080 --key me.key
  pnn encrypt run http://127.0.0.1:8080 MODEL --dataset mnist --data DIR --key me.key`,
  async run(options, terminal) {
    await importFrom(options);
    const action = positionalFrom(options, 0, 'ACTION (plan, serve, keys or run)');
    if (action === 'plan') {
      terminal.write(`${await planOf(options)}\n`);
      return 0;
    }
    if (action === 'serve') return serve(options, terminal);
    if (action === 'keys') return keys(options, terminal);
    if (action === 'run') return run(options, terminal);
    return options.refuse(`'${action}' is not one of ${actions.join(', ')}`);
  },
};
