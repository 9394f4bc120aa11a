// Runs trained networks on encrypted test images of MNIST and compares with what they compute in float64. Each network is a line of
// a table: docs/encryption.md has one, and how the networks were trained.
import { parseArgs } from 'node:util';
import { mnist } from '@pnn/data';
import { folder } from '@pnn/data/node';
import { compile, openSeal, type Program, programOf, runProgram } from '@pnn/he';
import { loadNetwork } from '@pnn/models/node';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { LocalSession } from './local-session.js';
import './strided-model.js';

const usage =
  'usage: npx tsx --conditions=@pnn/source test/he/agreement-on-mnist.ts --data FOLDER [--images N] [--evaluator wasm|seal] ' +
  '[--threads N] NETWORK.safetensors ...';

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    images: { type: 'string', default: '1000' },
    evaluator: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
  },
});
const [count, threads] = [Number(options.images), Number(options.threads)];
const evaluator = (['wasm', 'seal'] as const).find((name) => name === options.evaluator);
if (options.data === undefined || files.length === 0 || !evaluator || !(count >= 1) || !(threads >= 1)) {
  console.error(usage);
  process.exit(2);
}

const indexOfLargest = (values: Float64Array) => values.indexOf(Math.max(...values));

/** How a network does on images: encrypted, and as it is. */
class Agreement {
  same = 0;
  /** Another class, although the two largest logits are farther apart than the bound. */
  different = 0;
  worst = 0;
  rightPlain = 0;
  rightEncrypted = 0;
  readonly times: number[] = [];

  add(wanted: Float64Array, logits: Float64Array, label: number, bound: number): void {
    const [plain, encrypted] = [indexOfLargest(wanted), indexOfLargest(logits)];
    const [first = 0, second = 0] = [...wanted].sort((a, b) => b - a);
    if (plain === encrypted) this.same++;
    else if (first - second > bound) this.different++;
    if (plain === label) this.rightPlain++;
    if (encrypted === label) this.rightEncrypted++;
    wanted.forEach((logit, i) => {
      this.worst = Math.max(this.worst, Math.abs(logit - logits[i]!));
    });
  }
}

enableRelaxedSimd();
const { train, test } = await mnist(folder(options.data));
const seal = await openSeal();
const images = Math.min(count, test.length);
const percent = (right: number) => `${((100 * right) / images).toFixed(1)} %`;
console.log(
  `| network | N, primes | same class of ${images} | farther apart than the bound, and another class | worst error | bound | accuracy | ` +
    'encrypted | best ms | median ms |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
);
let failed = false;
for (const file of files) {
  const { network, description } = await loadNetwork(file);
  const { inputShape, normalization } = description;
  const plan = await compile(network, { input: inputShape, calibrate: train, normalization });
  const program: Program = await programOf(network, inputShape, normalization);
  const session = new LocalSession(plan, seal, evaluator, threads);
  const agreement = new Agreement();
  const [pixels, label] = [new Uint8Array(28 * 28), new Int32Array(1)];
  for (let i = 0; i < images; i++) {
    test.read([Math.floor((i * test.length) / images)], pixels, label);
    const sample = Float64Array.from(pixels, (byte) => byte / 255);
    const messages = session.encrypted(sample);
    const start = performance.now();
    const results = session.network.run(messages);
    agreement.times.push(performance.now() - start);
    agreement.add(runProgram(program, sample).logits, session.decrypted(results), label[0]!, plan.errorBound);
  }
  session.dispose();
  const { same, different, worst, rightPlain, rightEncrypted, times } = agreement;
  times.sort((a, b) => a - b);
  failed ||= different > 0 || worst > plan.errorBound;
  const cells = [
    file,
    `${plan.parameters.degree}, ${plan.parameters.bits.length}`,
    same,
    different,
    worst.toExponential(1),
    plan.errorBound.toExponential(1),
    percent(rightPlain),
    percent(rightEncrypted),
    times[0]!.toFixed(1),
    times[times.length >> 1]!.toFixed(1),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
if (failed) process.exitCode = 1;
