/** The program of a thread of a `SealTeam`: SEAL in a memory of its own, and the ciphertexts that are there. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Ciphertext, EvaluationKeys, Plaintext } from '../ckks/evaluator.js';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { PlanError } from '../errors.js';
import { openSeal } from '../seal/library.js';
import { SealEvaluator } from '../seal/seal-evaluator.js';

/** What a thread is started with. */
export interface SealTeamData {
  readonly parameters: ParametersWithPrimes;
  readonly keys: EvaluationKeys;
  /** Its place in the team. */
  readonly index: number;
  /** For each thread, how many of its commands are done. */
  readonly done: Int32Array;
  /** Where answers go. */
  readonly answers: MessagePort;
  /** To the other threads; null at its own place. */
  readonly peers: readonly (MessagePort | null)[];
}

/** Methods that are called by name; ciphertexts and plaintexts stand as `{ id }` among the arguments. */
export type Method =
  | 'load'
  | 'encode'
  | 'rotate'
  | 'addInPlace'
  | 'addPlainInPlace'
  | 'addScalarInPlace'
  | 'multiplyPlain'
  | 'multiplyScalar'
  | 'multiply'
  | 'square'
  | 'sumOfProducts'
  | 'weightedSums'
  | 'relinearizeInPlace'
  | 'rescaleInPlace'
  | 'dropToLevelInPlace';

/** Something that a thread has. */
export interface Held {
  readonly id: number;
}

/** What a thread is told; it does one after another. */
export type Command =
  | {
      readonly kind: 'call';
      readonly method: Method;
      readonly args: readonly unknown[];
      /** Under which number the result is kept; undefined for methods that change an operand. */
      readonly result: number | undefined;
    }
  | { readonly kind: 'send'; readonly id: number; readonly to: number }
  | { readonly kind: 'receive'; readonly id: number }
  | { readonly kind: 'save'; readonly id: number }
  | { readonly kind: 'dispose'; readonly id: number };

/** What it answers: when it is ready, and to `save`. */
export type TeamAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'saved'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

interface Transfer {
  readonly id: number;
  /** Null where the sender has failed before. */
  readonly bytes: Uint8Array | null;
}

const { parameters, keys, index, done, answers, peers } = workerData as SealTeamData;
const parent = parentPort;
if (!parent) throw new PlanError('the program of a team runs in a thread of its own');
const held = new Map<number, Ciphertext | Plaintext>();
/** What has arrived before it was asked for, and who waits for what has not. */
const arrived = new Map<number, Uint8Array | null>();
const waiting = new Map<number, (bytes: Uint8Array | null) => void>();
/** The first error since the last answer: what comes after it has lost its operands. */
let failure: unknown;

const isHeld = (value: unknown): value is Held => typeof value === 'object' && value !== null && 'id' in value;

function heldAt(id: number): Ciphertext | Plaintext {
  const object = held.get(id);
  if (!object) throw new PlanError('an operand is missing');
  return object;
}

function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  return isHeld(value) ? heldAt(value.id) : value;
}

function onTransfer({ id, bytes }: Transfer): void {
  const take = waiting.get(id);
  waiting.delete(id);
  if (take) take(bytes);
  else arrived.set(id, bytes);
}

function transferred(id: number): Promise<Uint8Array | null> {
  const bytes = arrived.get(id);
  if (bytes === undefined) return new Promise((resolve) => waiting.set(id, resolve));
  arrived.delete(id);
  return Promise.resolve(bytes);
}

function send(evaluator: SealEvaluator, id: number, to: number): void {
  let bytes: Uint8Array | null = null;
  try {
    bytes = evaluator.save(heldAt(id) as Ciphertext);
  } finally {
    // Whoever waits must not wait forever.
    peers[to]!.postMessage({ id, bytes } satisfies Transfer);
  }
}

async function execute(evaluator: SealEvaluator, command: Command): Promise<void> {
  switch (command.kind) {
    case 'call': {
      const method = evaluator[command.method] as (...args: unknown[]) => unknown;
      const made = method.apply(evaluator, command.args.map(resolved));
      if (command.result === undefined) break;
      // One row of weighted sums at a time.
      held.set(command.result, (Array.isArray(made) ? made[0] : made) as Ciphertext | Plaintext);
      break;
    }
    case 'send':
      send(evaluator, command.id, command.to);
      break;
    case 'receive': {
      const bytes = await transferred(command.id);
      if (!bytes) throw new PlanError('an operand is missing');
      held.set(command.id, evaluator.load(bytes));
      break;
    }
    case 'dispose':
      held.get(command.id)?.dispose();
      held.delete(command.id);
      break;
    case 'save':
      if (failure === undefined) answer({ kind: 'saved', bytes: evaluator.save(heldAt(command.id) as Ciphertext) });
  }
}

function answer(message: TeamAnswer): void {
  answers.postMessage(message);
}

function answerFailure(error: unknown): void {
  const { name, message } = error instanceof Error ? error : new PlanError(String(error));
  answer({ kind: 'failed', name, message });
}

async function start(): Promise<void> {
  let evaluator: SealEvaluator;
  try {
    evaluator = new SealEvaluator((await openSeal()).context(parameters), parameters, keys);
  } catch (error) {
    answerFailure(error);
    parent!.close();
    return;
  }
  for (const peer of peers) peer?.on('message', onTransfer);
  let last = Promise.resolve();
  const run = async (command: Command) => {
    try {
      await execute(evaluator, command);
    } catch (error) {
      failure ??= error;
    }
    if (command.kind === 'save' && failure !== undefined) {
      answerFailure(failure);
      failure = undefined;
    }
    Atomics.add(done, index, 1);
    Atomics.notify(done, index);
  };
  parent!.on('message', (command: Command) => {
    last = last.then(() => run(command));
  });
  answer({ kind: 'ready' });
}

await start();
