import { once } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { DeviceError } from '@pnn/nn';
import type { Ciphertext, EvaluationKeys, Evaluator, IntegerMatrix, Plaintext } from '../ckks/evaluator.js';
import { type ParametersWithPrimes, topLevel } from '../ckks/parameters.js';
import { checkMatrix } from '../ckks/scalars.js';
import { MalformedError, PlanError } from '../errors.js';
import { ModulusChain, readCiphertext } from '../seal-format/index.js';
import type { Command, Held, Method, SealTeamData, TeamAnswer } from './seal-team-worker.js';
import { startWorker } from './start-worker.js';

/** Commands that a thread may have before it, so that what they carry stays bounded. */
const WINDOW = 64;
/** A command takes a second at most; a thread that takes so long is dead. */
const PATIENCE_MILLISECONDS = 60_000;

/** A plaintext, which each thread encodes when it first needs it. */
class TeamPlaintext implements Plaintext {
  readonly threads = new Set<number>();

  constructor(
    readonly id: number,
    readonly values: Float64Array,
    readonly scale: number,
    readonly level: number,
    readonly onDispose: (own: TeamPlaintext) => void,
  ) {}

  dispose(): void {
    this.onDispose(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A ciphertext that a thread has, and others may have copies of. */
class TeamCiphertext implements Ciphertext {
  readonly copies = new Set<number>();
  isDisposed = false;

  constructor(
    readonly team: object,
    readonly id: number,
    readonly owner: number,
    public scale: number,
    public level: number,
    readonly onDispose: (own: TeamCiphertext) => void,
  ) {}

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.onDispose(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const heldBy = ({ id }: Held): Held => ({ id });

/**
 * SEAL on several threads, each with a copy of the keys. Rotations of one ciphertext, sums of products and the ciphertexts of a batch
 * are spread over them; what a thread lacks is sent to it. Everything that is spread is exact, so that the bits do not depend on
 * the number of threads. Commands are handed out without waiting for the results, but for `save`.
 */
export class SealTeam implements Evaluator {
  readonly parameters: ParametersWithPrimes;
  readonly #chain: ModulusChain;
  readonly #workers: readonly Worker[];
  readonly #answers: readonly MessagePort[];
  readonly #done: Int32Array;
  readonly #issued: number[];
  #nextId = 0;
  #turn = 0;
  #ciphertexts = 0;
  #plaintexts = 0;

  private constructor(
    parameters: ParametersWithPrimes,
    workers: readonly Worker[],
    answers: readonly MessagePort[],
    done: Int32Array,
  ) {
    this.parameters = parameters;
    this.#chain = new ModulusChain(parameters);
    this.#workers = workers;
    this.#answers = answers;
    this.#done = done;
    this.#issued = workers.map(() => 0);
  }

  /**
   * Starts threads, each with SEAL in a memory of its own.
   *
   * @throws MalformedError where SEAL refuses the keys
   */
  static async start(parameters: ParametersWithPrimes, keys: EvaluationKeys, threads: number): Promise<SealTeam> {
    const done = new Int32Array(new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT));
    const peers = channelsBetween(threads);
    const channels = Array.from({ length: threads }, () => new MessageChannel());
    const workers = channels.map(({ port2: answers }, index) => {
      const workerData: SealTeamData = { parameters, keys, index, done, answers, peers: peers[index]! };
      const transferList = [answers, ...peers[index]!.filter((port) => port !== null)];
      return startWorker(new URL('./seal-team-worker.js', import.meta.url), { workerData, transferList });
    });
    const answers = channels.map(({ port1 }) => port1);
    const team = new SealTeam(parameters, workers, answers, done);
    try {
      await Promise.all(answers.map((port, index) => readyAt(port, workers[index]!)));
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  get live(): number {
    return this.#ciphertexts + this.#plaintexts;
  }

  load(bytes: Uint8Array): Ciphertext {
    const { limbs, scale } = readCiphertext(bytes, this.#chain);
    // Every run begins with the same thread, which has encoded its plaintexts then.
    if (this.#ciphertexts === 0) this.#turn = 0;
    const made = this.#ciphertext(this.#next(), scale, limbs - 1);
    // Of a view, all the bytes that it looks at would be sent.
    const copy = bytes.slice();
    this.#issue(made.owner, { kind: 'call', method: 'load', args: [copy], result: made.id }, [copy.buffer]);
    return made;
  }

  save(ciphertext: Ciphertext): Uint8Array {
    const { owner, id } = this.#own(ciphertext);
    this.#issue(owner, { kind: 'save', id });
    this.#waitFor(owner, this.#issued[owner]!);
    const answer = receiveMessageOnPort(this.#answers[owner]!)?.message as TeamAnswer | undefined;
    if (answer?.kind === 'saved') return answer.bytes;
    throw errorOf(answer);
  }

  encode(values: Float64Array, scale: number, level: number): Plaintext {
    const { degree } = this.parameters;
    if (values.length !== degree / 2) {
      throw new PlanError(`encode: ${values.length} numbers for ${degree / 2} slots`);
    }
    if (values.every((value) => value === 0)) {
      throw new PlanError('encode: a plaintext of zeros would not hide anything');
    }
    const top = topLevel(this.parameters);
    if (!(level >= 0 && level <= top)) throw new PlanError(`encode: level ${level} is not one of 0 to ${top}`);
    this.#plaintexts++;
    return new TeamPlaintext(this.#nextId++, values, scale, level, this.#disposePlaintext);
  }

  rotate(ciphertext: Ciphertext, steps: number): Ciphertext {
    const own = this.#own(ciphertext);
    return this.#computed(own.owner, own, 'rotate', [heldBy(own), steps]);
  }

  rotateMany(ciphertext: Ciphertext, steps: readonly number[]): Ciphertext[] {
    const own = this.#own(ciphertext);
    if (steps.length < 2) return steps.map((each) => this.rotate(own, each));
    return steps.map((each) => {
      const thread = this.#next();
      this.#bring(own, thread);
      return this.#computed(thread, own, 'rotate', [heldBy(own), each]);
    });
  }

  add(a: Ciphertext, b: Ciphertext): Ciphertext {
    const sum = this.rotate(a, 0);
    this.addInPlace(sum, b);
    return sum;
  }

  addInPlace(a: Ciphertext, b: Ciphertext): void {
    const target = this.#own(a);
    const other = this.#own(b);
    this.#bring(other, target.owner);
    this.#change(target, 'addInPlace', [heldBy(other)]);
    target.scale = other.scale;
  }

  addPlainInPlace(a: Ciphertext, b: Plaintext): void {
    const target = this.#own(a);
    this.#change(target, 'addPlainInPlace', [this.#encoded(b, target.owner)]);
    target.scale = b.scale;
  }

  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    const own = this.#own(a);
    const args = [heldBy(own), this.#encoded(b, own.owner)];
    return this.#computed(own.owner, own, 'multiplyPlain', args, own.scale * b.scale);
  }

  sumOfProducts(ciphertexts: readonly Ciphertext[], plaintexts: readonly Plaintext[]): Ciphertext {
    const factors = ciphertexts.map((each) => this.#own(each));
    const [first] = factors;
    if (!first) throw new PlanError('a sum of no products');
    const scale = first.scale * plaintexts[0]!.scale;
    const parts = [...byThread(factors)].map(([thread, places]) => {
      const args = [
        places.map((place) => heldBy(factors[place]!)),
        places.map((place) => this.#encoded(plaintexts[place]!, thread)),
      ];
      return this.#computed(thread, first, 'sumOfProducts', args, scale);
    });
    return this.#sumAt(this.#next(), parts);
  }

  weightedSums(ciphertexts: readonly Ciphertext[], matrix: IntegerMatrix, scale: number): Ciphertext[] {
    const factors = ciphertexts.map((each) => this.#own(each));
    const columns = factors.length;
    checkMatrix(matrix, columns);
    const groups = this.#placesOf(factors, matrix.rows);
    return Array.from({ length: matrix.rows }, (_, row) => {
      const target = this.#next();
      const own = matrix.integers.subarray(row * columns, (row + 1) * columns);
      const parts: TeamCiphertext[] = [];
      for (const [thread, places] of groups ?? [[target, [...factors.keys()]] as const]) {
        const used = places.filter((place) => own[place] !== 0);
        if (used.length === 0) continue;
        for (const place of used) this.#bring(factors[place]!, thread);
        const integers = Int32Array.from(used, (place) => own[place]!);
        const args = [used.map((place) => heldBy(factors[place]!)), { ...matrix, rows: 1, integers }, scale];
        parts.push(this.#computed(thread, factors[0]!, 'weightedSums', args, scale));
      }
      return this.#sumAt(target, parts);
    });
  }

  multiplyScalar(a: Ciphertext, value: number, scale: number): Ciphertext {
    const own = this.#own(a);
    return this.#computed(own.owner, own, 'multiplyScalar', [heldBy(own), value, scale], own.scale * scale);
  }

  addScalarInPlace(a: Ciphertext, value: number): void {
    this.#change(this.#own(a), 'addScalarInPlace', [value]);
  }

  multiply(a: Ciphertext, b: Ciphertext): Ciphertext {
    const own = this.#own(a);
    const other = this.#own(b);
    this.#bring(other, own.owner);
    return this.#computed(own.owner, own, 'multiply', [heldBy(own), heldBy(other)], own.scale * other.scale);
  }

  square(a: Ciphertext): Ciphertext {
    const own = this.#own(a);
    return this.#computed(own.owner, own, 'square', [heldBy(own)], own.scale ** 2);
  }

  relinearizeInPlace(a: Ciphertext): void {
    this.#change(this.#own(a), 'relinearizeInPlace', []);
  }

  rescaleInPlace(a: Ciphertext): void {
    const own = this.#own(a);
    if (own.level === 0) throw new PlanError('rescale: the ciphertext has one prime only');
    this.#change(own, 'rescaleInPlace', []);
    own.scale /= Number(this.parameters.primes[own.level]!);
    own.level--;
  }

  dropToLevelInPlace(a: Ciphertext, level: number): void {
    const own = this.#own(a);
    if (!(level >= 0 && level <= own.level))
      throw new PlanError(`drop: level ${level} is not one of 0 to ${own.level}`);
    this.#change(own, 'dropToLevelInPlace', [level]);
    own.level = level;
  }

  dispose(): void {
    for (const worker of this.#workers) void worker.terminate();
    for (const port of this.#answers) port.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The thread whose turn it is. */
  #next(): number {
    this.#turn = (this.#turn + 1) % this.#workers.length;
    return this.#turn;
  }

  #own(ciphertext: Ciphertext): TeamCiphertext {
    if (!(ciphertext instanceof TeamCiphertext) || ciphertext.team !== this) {
      throw new PlanError('a ciphertext of another evaluator was passed');
    }
    if (ciphertext.isDisposed) throw new PlanError('a ciphertext was used after it had been disposed of');
    return ciphertext;
  }

  #ciphertext(owner: number, scale: number, level: number): TeamCiphertext {
    this.#ciphertexts++;
    return new TeamCiphertext(this, this.#nextId++, owner, scale, level, this.#disposeCiphertext);
  }

  #disposeCiphertext = ({ id, owner, copies }: TeamCiphertext): void => {
    this.#ciphertexts--;
    for (const thread of [owner, ...copies]) this.#issue(thread, { kind: 'dispose', id });
  };

  #disposePlaintext = ({ id, threads }: TeamPlaintext): void => {
    this.#plaintexts--;
    for (const thread of threads) this.#issue(thread, { kind: 'dispose', id });
  };

  /** A new ciphertext of the level of another one. */
  #computed(
    thread: number,
    { scale, level }: TeamCiphertext,
    method: Method,
    args: readonly unknown[],
    newScale = scale,
  ): TeamCiphertext {
    const made = this.#ciphertext(thread, newScale, level);
    this.#call(thread, method, args, made.id);
    return made;
  }

  /** Changes a ciphertext where it is; copies are not it any more. */
  #change(own: TeamCiphertext, method: Method, args: readonly unknown[]): void {
    for (const thread of own.copies) this.#issue(thread, { kind: 'dispose', id: own.id });
    own.copies.clear();
    this.#call(own.owner, method, [heldBy(own), ...args]);
  }

  /** Sends a copy to a thread that has none. */
  #bring(own: TeamCiphertext, thread: number): void {
    if (own.owner === thread || own.copies.has(thread)) return;
    own.copies.add(thread);
    this.#issue(own.owner, { kind: 'send', id: own.id, to: thread });
    this.#issue(thread, { kind: 'receive', id: own.id });
  }

  /** A plaintext as an argument for a thread. */
  #encoded(plaintext: Plaintext, thread: number): Held {
    if (!(plaintext instanceof TeamPlaintext)) throw new PlanError('a plaintext of another evaluator was passed');
    const { id, threads, values, scale, level } = plaintext;
    if (!threads.has(thread)) {
      threads.add(thread);
      this.#call(thread, 'encode', [values, scale, level], id);
    }
    return { id };
  }

  /** The sum of parts, which are gone then, at a thread, or where the only part is. */
  #sumAt(thread: number, parts: readonly TeamCiphertext[]): TeamCiphertext {
    const sum = parts.find(({ owner }) => owner === thread) ?? parts[0]!;
    for (const part of parts) {
      if (part === sum) continue;
      this.addInPlace(sum, part);
      part.dispose();
    }
    return sum;
  }

  /**
   * The places of factors by the thread that multiplies them, so that parts of sums are sent; undefined where it is less to send the
   * factors to the threads of the sums.
   */
  #placesOf(factors: readonly TeamCiphertext[], rows: number): Map<number, number[]> | undefined {
    const threads = this.#workers.length;
    const groups = byThread(factors);
    const missing = factors.reduce((sum, { copies }) => sum + threads - 1 - copies.size, 0);
    return missing < rows * (groups.size - 1) ? undefined : groups;
  }

  #call(thread: number, method: Method, args: readonly unknown[], result?: number): void {
    this.#issue(thread, { kind: 'call', method, args, result });
  }

  #issue(thread: number, command: Command, transferred: ArrayBuffer[] = []): void {
    this.#workers[thread]!.postMessage(command, transferred);
    // As the threads count: modulo 2^32.
    this.#issued[thread] = (this.#issued[thread]! + 1) | 0;
    this.#waitFor(thread, this.#issued[thread]! - WINDOW);
  }

  /** Waits until a thread has done so many commands. */
  #waitFor(thread: number, commands: number): void {
    for (;;) {
      const done = Atomics.load(this.#done, thread);
      if (((commands - done) | 0) <= 0) return;
      if (Atomics.wait(this.#done, thread, done, PATIENCE_MILLISECONDS) === 'timed-out') {
        throw new DeviceError(
          `SEAL: a thread has done nothing for ${PATIENCE_MILLISECONDS / 1000} s: make a new evaluator`,
        );
      }
    }
  }
}

/** Places of ciphertexts by the thread that has them. */
function byThread(ciphertexts: readonly TeamCiphertext[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  ciphertexts.forEach(({ owner }, place) => {
    const own = groups.get(owner);
    if (own) own.push(place);
    else groups.set(owner, [place]);
  });
  return groups;
}

/** A port from each thread to each other one. */
function channelsBetween(threads: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: threads }, () => new Array<MessagePort | null>(threads).fill(null));
  for (let a = 0; a < threads; a++) {
    for (let b = 0; b < a; b++) {
      const { port1, port2 } = new MessageChannel();
      ports[a]![b] = port1;
      ports[b]![a] = port2;
    }
  }
  return ports;
}

async function readyAt(port: MessagePort, worker: Worker): Promise<void> {
  const [answer] = (await Promise.race([once(port, 'message'), once(worker, 'exit').then(() => [undefined])])) as [
    TeamAnswer | undefined,
  ];
  if (answer?.kind !== 'ready') throw errorOf(answer);
}

function errorOf(answer: TeamAnswer | undefined): Error {
  if (answer?.kind !== 'failed') return new DeviceError('SEAL: a thread died: make a new evaluator');
  const { name, message } = answer;
  return name === 'MalformedError' ? new MalformedError(message) : new PlanError(message);
}
