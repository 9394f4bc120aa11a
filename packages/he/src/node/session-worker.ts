/** The program of a session's thread: it has the keys of one client, and ends with it, whatever becomes of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { BatchNetwork } from '../batch/batch-network.js';
import type { RunnableBatchPlan } from '../batch/plan.js';
import type { Evaluator } from '../ckks/evaluator.js';
import { MalformedError, PlanError } from '../errors.js';
import { galoisElement } from '../evaluator/galois.js';
import { WasmEvaluator } from '../evaluator/index.js';
import { chooseModule } from '../evaluator/kernels.js';
import { EncryptedNetwork, type RunnablePlan } from '../run/encrypted-network.js';
import { type OperationTimes, type TimedEvaluator, timedEvaluator } from '../run/timed-evaluator.js';
import { openSeal } from '../seal/library.js';
import { SealEvaluator } from '../seal/seal-evaluator.js';
import { ModulusChain, readCiphertext, readGaloisKeys, readRelinearizationKey } from '../seal-format/index.js';
import { SealTeam } from './seal-team.js';

/** What a session's thread is started with. */
export interface SessionData {
  readonly plan: RunnablePlan | RunnableBatchPlan;
  readonly evaluator: 'seal' | 'wasm';
  /** Threads that compute. */
  readonly workers: number;
  /** The kernels to compute with, where they are not the usual ones. */
  readonly module: WebAssembly.Module | undefined;
  /** Whether results come with the times of operations. */
  readonly timings: boolean;
  readonly relinearization: Uint8Array;
  readonly galois: Uint8Array;
}

/** What it is asked, and what it answers. */
export type SessionRequest =
  /** The inputs of a run for stage 0, which ends one that was not continued; else what comes back from a refresh. */
  | { readonly kind: 'run'; readonly stage: number; readonly inputs: readonly Uint8Array[] }
  /** Ends a run that is not continued; there is no answer. */
  | { readonly kind: 'drop' }
  /** Ciphertexts of a batch, behind so many that were loaded before; the first ones begin a new batch. */
  | { readonly kind: 'load'; readonly first: number; readonly inputs: readonly Uint8Array[] }
  | { readonly kind: 'runBatch' };
/** What was computed. */
export type Computed =
  | { readonly kind: 'loaded' }
  /** Logits, or what the client is to refresh. */
  | { readonly kind: 'result' | 'refresh'; readonly results: readonly Uint8Array[] };
export type SessionAnswer =
  | { readonly kind: 'ready' }
  | (Computed & { readonly times: OperationTimes | undefined })
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

const data = workerData as SessionData;
const port = parentPort;
if (!port) throw new PlanError('the program of a session runs in a thread of its own');
const chain = new ModulusChain(data.plan.parameters);

async function evaluatorOf({
  plan,
  evaluator,
  workers,
  module,
  relinearization,
  galois,
}: SessionData): Promise<Evaluator> {
  const { parameters, rotations } = plan;
  const keys = { relinearization, ...(galois.length > 0 && { galois }) };
  // In front of everything that reads them: SEAL crashes on malformed bytes, and no key but those of the plan is wanted.
  readRelinearizationKey(relinearization, chain);
  if (galois.length > 0) {
    readGaloisKeys(
      galois,
      chain,
      rotations.map((step) => galoisElement(step, parameters.degree)),
    );
  }
  if (evaluator === 'wasm') {
    // On Node 20 it would compute in whole numbers, several times slower.
    enableRelaxedSimd();
    if (module) chooseModule(module);
    return new WasmEvaluator(parameters, keys, { threads: workers });
  }
  if (workers > 1) return SealTeam.start(parameters, keys, workers);
  return new SealEvaluator((await openSeal()).context(parameters), parameters, keys);
}

/** What becomes of requests. */
interface Handlers {
  /** @throws MalformedError where the request does not fit the plan */
  handle(request: SessionRequest): Computed;
  /** Forgets what was begun. */
  drop(): void;
}

function check(inputs: readonly Uint8Array[]): void {
  const limbs = data.plan.input.level + 1;
  for (const bytes of inputs) readCiphertext(bytes, chain, { limbs, polynomials: 2 });
}

function handlersOfSingle(plan: RunnablePlan, evaluator: Evaluator): Handlers {
  const network = new EncryptedNetwork(plan, evaluator);
  /** The run that waits for the next stage. */
  let running: ReturnType<EncryptedNetwork['stages']> | undefined;
  const drop = () => {
    running?.return([]);
    running = undefined;
  };
  return {
    drop,
    handle(request) {
      if (request.kind !== 'run') throw new MalformedError('the plan is not one for batches');
      const { stage, inputs } = request;
      check(inputs);
      if (stage === 0) {
        drop();
        running = network.stages(inputs);
      }
      if (!running) throw new MalformedError('there is no run to continue');
      const { done, value } = running.next(inputs);
      if (done) running = undefined;
      return { kind: done ? 'result' : 'refresh', results: value };
    },
  };
}

function handlersOfBatch(plan: RunnableBatchPlan, evaluator: Evaluator): Handlers {
  const network = new BatchNetwork(plan, evaluator);
  return {
    drop: () => network.forget(),
    handle(request) {
      if (request.kind === 'runBatch') return { kind: 'result', results: network.run() };
      if (request.kind !== 'load') throw new MalformedError('the plan is one for batches');
      if (request.first === 0) network.forget();
      if (request.first !== network.loaded) {
        throw new MalformedError(`ciphertext ${network.loaded} of the batch is missing: send it again from the start`);
      }
      check(request.inputs);
      network.load(request.inputs);
      return { kind: 'loaded' };
    },
  };
}

function answer(error: unknown): SessionAnswer {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof MalformedError ? 'malformed' : 'failed', message };
}

async function start(): Promise<void> {
  const send = (message: SessionAnswer) => port!.postMessage(message);
  let handlers: Handlers;
  let timed: TimedEvaluator | undefined;
  try {
    const evaluator = await evaluatorOf(data);
    timed = data.timings ? timedEvaluator(evaluator) : undefined;
    const own = timed?.evaluator ?? evaluator;
    handlers = 'layout' in data.plan ? handlersOfBatch(data.plan, own) : handlersOfSingle(data.plan, own);
    timed?.take();
  } catch (error) {
    send(answer(error));
    port!.close();
    return;
  }
  const { handle, drop } = handlers;
  port!.on('message', (request: SessionRequest) => {
    if (request.kind === 'drop') {
      drop();
      return;
    }
    try {
      const computed = handle(request);
      // What loading takes counts for the batch.
      send({ ...computed, times: computed.kind === 'loaded' ? undefined : timed?.take() });
    } catch (error) {
      drop();
      timed?.take();
      send(answer(error));
    }
  });
  send({ kind: 'ready' });
}

await start();
