// A thread that measures; plain JavaScript, since threads of Node do not load TypeScript.
import { parentPort, workerData } from 'node:worker_threads';

/** Amounts that take some milliseconds. */
const OPERATIONS = 2 ** 28;
const BYTES = 2 ** 26;

const ROUNDS_PER_CALL = 2 ** 14;
const PAGE = 65536;
const LINE = 64;

/** All chains of products and sums go to TERM/(1 − FACTOR): nothing overflows or becomes denormal. */
const FACTOR = 0.5;
const TERM = 1;

const { module, arrived, wide } = workerData;
const operationsPerRound = (wide ? 20 : 12) * 4 * 2;
const memory = new WebAssembly.Memory({ initial: 1 });
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
const arithmetic = wide ? kernels.wideArithmetic : kernels.arithmetic;

function compute(operations) {
  const calls = Math.ceil(operations / (ROUNDS_PER_CALL * operationsPerRound));
  for (let i = 0; i < calls; i++) arithmetic(ROUNDS_PER_CALL, FACTOR, TERM, 0);
  return calls * ROUNDS_PER_CALL * operationsPerRound;
}

/** Half of the bytes are read, the other half is written, again and again up to a total. */
function stream(bytes, total) {
  const half = Math.ceil(bytes / 2 / LINE) * LINE;
  const missing = 2 * half - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const passes = Math.max(1, Math.ceil(total / (2 * half)));
  for (let i = 0; i < passes; i++) kernels.stream(0, half, half, FACTOR);
  return passes * 2 * half;
}

// The compiler optimizes a function after some calls, in the background: a thread has to have been busy for a while.
for (const end = performance.now() + 150; performance.now() < end; ) {
  compute(OPERATIONS / 64);
  stream(PAGE, BYTES / 64);
}

parentPort.on('message', ({ start, bytes }) => {
  // Fills the caches with what is streamed, and touches pages that are new.
  if (bytes !== undefined) stream(bytes, 2 * bytes);
  Atomics.add(arrived, 0, 1);
  // No waiting that would have to wake up: all threads begin together.
  while (Atomics.load(arrived, 0) < start);
  const begin = performance.now();
  const amount = bytes === undefined ? compute(OPERATIONS) : stream(bytes, BYTES);
  parentPort.postMessage((1000 * amount) / (performance.now() - begin));
});
parentPort.postMessage('ready');
