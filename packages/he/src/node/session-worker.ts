/** The program of a session's thread: it has the keys of one client, and ends with it, whatever becomes of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { enableRelaxedSimd } from '@pnn/nn/node';
import type { Evaluator } from '../ckks/evaluator.js';
import { MalformedError, PlanError } from '../errors.js';
import { galoisElement } from '../evaluator/galois.js';
import { WasmEvaluator } from '../evaluator/index.js';
import { EncryptedNetwork, type RunnablePlan } from '../run/encrypted-network.js';
import { type OperationTimes, type TimedEvaluator, timedEvaluator } from '../run/timed-evaluator.js';
import { openSeal } from '../seal/library.js';
import { SealEvaluator } from '../seal/seal-evaluator.js';
import { ModulusChain, readCiphertext, readGaloisKeys, readRelinearizationKey } from '../seal-format/index.js';

/** What a session's thread is started with. */
export interface SessionData {
  readonly plan: RunnablePlan;
  readonly evaluator: 'seal' | 'wasm';
  readonly threads: number;
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
  | { readonly kind: 'drop' };
export type SessionAnswer =
  | { readonly kind: 'ready' }
  /** Logits, or what the client is to refresh. */
  | {
      readonly kind: 'result' | 'refresh';
      readonly results: readonly Uint8Array[];
      readonly times: OperationTimes | undefined;
    }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

const data = workerData as SessionData;
const port = parentPort;
if (!port) throw new PlanError('the program of a session runs in a thread of its own');
const chain = new ModulusChain(data.plan.parameters);

async function evaluatorOf({ plan, evaluator, threads, relinearization, galois }: SessionData): Promise<Evaluator> {
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
    return new WasmEvaluator(parameters, keys, { threads });
  }
  return new SealEvaluator((await openSeal()).context(parameters), parameters, keys);
}

function answer(error: unknown): SessionAnswer {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof MalformedError ? 'malformed' : 'failed', message };
}

async function start(): Promise<void> {
  const send = (message: SessionAnswer) => port!.postMessage(message);
  let network: EncryptedNetwork;
  let timed: TimedEvaluator | undefined;
  try {
    const evaluator = await evaluatorOf(data);
    timed = data.timings ? timedEvaluator(evaluator) : undefined;
    network = new EncryptedNetwork(data.plan, timed?.evaluator ?? evaluator);
    timed?.take();
  } catch (error) {
    send(answer(error));
    port!.close();
    return;
  }
  const { input } = data.plan;
  /** The run that waits for the next stage. */
  let running: ReturnType<EncryptedNetwork['stages']> | undefined;
  const drop = () => {
    running?.return([]);
    running = undefined;
  };
  port!.on('message', (request: SessionRequest) => {
    if (request.kind === 'drop') {
      drop();
      return;
    }
    const { stage, inputs } = request;
    try {
      for (const bytes of inputs) readCiphertext(bytes, chain, { limbs: input.level + 1, polynomials: 2 });
      if (stage === 0) {
        drop();
        running = network.stages(inputs);
      }
      if (!running) throw new MalformedError('there is no run to continue');
      const { done, value } = running.next(inputs);
      if (done) running = undefined;
      send({ kind: done ? 'result' : 'refresh', results: value, times: timed?.take() });
    } catch (error) {
      drop();
      timed?.take();
      send(answer(error));
    }
  });
  send({ kind: 'ready' });
}

await start();
