import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openSeal } from '@pnn/he';
import { Generator } from '@pnn/nn';
import fc from 'fast-check';
import { CountingSeal } from '../../packages/he/test/counting-seal.js';
import { type Mutation, mutations, substitutions } from '../../packages/tensor/test/mutations.js';
import { Conversation, type Outcome, type Subject } from './conversation.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

/** Messages of another length are refused by that alone: more of the changes keep it. */
const MUTATIONS = fc.oneof(
  { weight: 1, arbitrary: fc.array(mutations, { minLength: 1, maxLength: 3 }) },
  { weight: 3, arbitrary: fc.array(substitutions, { minLength: 1, maxLength: 3 }) },
);
/** One case in so many sends keys, or vanishes, and in so many kills a process; the others change a message. */
const KEYS_EVERY = 100;
const KILL_EVERY = 1000;
/** A request that takes longer hangs, for all that its user can tell. It is counted in ticks, of which a stopped process has none. */
const MAX_SECONDS = 30;
const TICK_MILLISECONDS = 100;
const phases = ['plan', 'keys', 'run'] as const;
const program = fileURLToPath(new URL('./encrypted-client.ts', import.meta.url));

/** One input, one that is refreshed on the way, a batch; with the share of the cases. */
const subjects: readonly (Subject & { readonly share: number })[] = [
  { share: 0.7, inputs: 12, hidden: [9], degree: 2, options: {} },
  { share: 0.2, inputs: 12, hidden: [9, 9], degree: 8, options: { refresh: true } },
  { share: 0.1, inputs: 3, hidden: [4], degree: 2, options: { layout: 'batch' } },
];

/**
 * Encrypted inference under attack: inputs and keys with a few bytes changed at the server, changed plans and results at the client,
 * connections cut at any byte, clients killed in every phase. What is computed must be right or doubted, and the server must go on for
 * others.
 */
export class EncryptedMessages implements Part {
  readonly name = 'encrypted';
  readonly unit = 'messages and clients of encrypted inference';
  done = 0;
  readonly #counts: Record<string, number> = {};

  private constructor(
    private readonly seal: CountingSeal,
    private readonly conversations: readonly Conversation[],
  ) {}

  static async open(): Promise<EncryptedMessages> {
    const seal = new CountingSeal(await openSeal());
    const conversations: Conversation[] = [];
    for (const subject of subjects) conversations.push(await Conversation.open(subject, seal));
    return new EncryptedMessages(seal, conversations);
  }

  get figures(): Readonly<Record<string, number>> {
    return { ...this.#counts, 'handles of SEAL': this.seal.live };
  }

  async run(from: CaseSeed): Promise<void> {
    const random = new Generator(seedOf(from), 'encrypted');
    const [changes] = fc.sample(MUTATIONS, { seed: seedOf(from), numRuns: 1 });
    const change: Mutation = (message) => changes!.reduce((each, mutate) => mutate(each), message);
    const conversation = this.#drawn(random);
    const handles = this.seal.live;
    let ticks = 0;
    const clock = setInterval(() => ticks++, TICK_MILLISECONDS);
    const isKill = from.case % KILL_EVERY === KILL_EVERY - 1;
    const isKeys = from.case % KEYS_EVERY === KEYS_EVERY - 1;
    let outcome: string;
    try {
      outcome = isKill
        ? await kill(conversation.url, random)
        : await (isKeys ? disturb : alter)(conversation, change, random);
    } finally {
      clearInterval(clock);
    }
    const seconds = (ticks * TICK_MILLISECONDS) / 1000;
    if (seconds > MAX_SECONDS) throw new SoakFailure(`it took ${seconds.toFixed(1)} s`);
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
    if (isKeys) await conversation.expectWell();
    if (this.seal.live !== handles) throw new SoakFailure(`${this.seal.live} handles of SEAL instead of ${handles}`);
    this.done++;
  }

  async close(): Promise<void> {
    for (const conversation of this.conversations) await conversation.close();
  }

  #drawn(random: Generator): Conversation {
    let left = random.uniform();
    const at = subjects.findIndex(({ share }) => {
      left -= share;
      return left < 0;
    });
    return this.conversations.at(at)!;
  }
}

/** Changes keys, or breaks off. */
function disturb(conversation: Conversation, change: Mutation, random: Generator): Promise<Outcome> {
  return random.uniform() < 0.5 ? conversation.changeKeys(change) : conversation.vanish(change, random);
}

/** Changes one message. */
function alter(conversation: Conversation, change: Mutation, random: Generator): Promise<Outcome> {
  const which = random.uniform();
  if (which < 0.1) return conversation.changePlan(change);
  return which < 0.55 ? conversation.changeRequest(change, random) : conversation.changeAnswer(change, random);
}

/** Kills a client that is a process, a random time after it has come to a random phase. */
async function kill(url: string, random: Generator): Promise<string> {
  const phase = phases[Math.floor(random.uniform() * phases.length)]!;
  const options = ['--import', import.meta.resolve('tsx'), '--conditions=@pnn/source'];
  const child = spawn(process.execPath, [...options, program, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // It goes on to write until it is killed.
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.split('\n').includes(phase)) resolve();
    });
    void exit.then(() => resolve());
  });
  await setTimeout(500 * random.uniform());
  child.kill('SIGKILL');
  const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new SoakFailure('a client ended before it was killed');
  return `clients killed (${phase})`;
}
