import { randomUUID } from 'node:crypto';
import { link, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, readFileBytes, writeFileAtomically } from '@pnn/nn/node';
import { boolean, type Decoder, decodeJson, encodeJson, list, object } from '@pnn/pnn/codec';
import { identify, isRunning, type ProcessIdentity, processIdentity } from './process-identity.js';

/** What stands in the file of a claim. */
interface ClaimRecord {
  /** The claim holds as long as one of them runs. */
  readonly processes: readonly ProcessIdentity[];
  readonly released: boolean;
}

const claimRecord: Decoder<ClaimRecord> = object<ClaimRecord>({ processes: list(processIdentity), released: boolean });

/** Milliseconds between two signs of life. */
const BEAT = 15_000;

/** How long a claim of another machine stays without a sign of life before it counts as dead, in milliseconds. */
const PATIENCE = 8 * BEAT;

/** The right to train a trial, as long as this process lives. */
export class Claim {
  readonly #claims: Claims;
  readonly #path: string;
  readonly #name: string;
  readonly #generation: number;
  #processes: readonly ProcessIdentity[];
  readonly #timer: NodeJS.Timeout;
  /** Whether another machine has taken over. */
  isLost = false;

  /** Made by {@link Claims.take}. */
  constructor(
    claims: Claims,
    path: string,
    name: string,
    generation: number,
    processes: readonly ProcessIdentity[],
    onLost: () => void,
  ) {
    this.#claims = claims;
    this.#path = path;
    this.#name = name;
    this.#generation = generation;
    this.#processes = processes;
    this.#timer = setInterval(() => void this.#beat(onLost), BEAT);
    this.#timer.unref();
  }

  /** A file system that fails for a while is no reason to stop; if it fails for long, others take over. */
  async #beat(onLost: () => void): Promise<void> {
    try {
      const now = new Date();
      await utimes(this.#path, now, now);
      if ((await this.#claims.generationOf(this.#name)) <= this.#generation) return;
      this.isLost = true;
      clearInterval(this.#timer);
      onLost();
    } catch {}
  }

  /** Has the claim hold for a child process as well, also if this process dies before it. */
  async include(pid: number): Promise<void> {
    this.#processes = [...this.#processes, identify(pid)];
    await writeFileAtomically(this.#path, encode({ processes: this.#processes, released: false }));
  }

  /** Lets others claim it at once. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await writeFileAtomically(this.#path, encode({ processes: this.#processes, released: true }));
  }
}

function encode(record: ClaimRecord): Uint8Array {
  return new TextEncoder().encode(encodeJson(record));
}

/**
 * Claims in a folder that several processes share, also of several machines.
 *
 * The claims of a name are files `NAME.1`, `NAME.2`, …, of which the last one counts. A file is made only if none of its name
 * is there, and never removed: so that of two processes that find a claim dead, only one makes the next. A claim is dead when
 * it was released, when its processes have ended, or, if they are of another machine, when its file was not touched for two
 * minutes by the clock of the observer.
 */
export class Claims {
  readonly #folder: string;
  /** When the claims of other machines were last seen to change. */
  readonly #seen = new Map<string, { readonly modified: number; readonly since: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The number of the last claim of a name; 0 if it was never claimed. */
  async generationOf(name: string): Promise<number> {
    const files = await readdir(this.#folder);
    const numbers = files
      .filter((file) => file.startsWith(`${name}.`))
      .map((file) => Number(file.slice(name.length + 1)));
    return Math.max(0, ...numbers);
  }

  /**
   * Claims a name; undefined if it is taken.
   *
   * @param onLost called if another machine has taken over, as after this one was asleep
   * @throws FileError if the folder cannot be read or written, or has no hard links
   * @throws FormatError if the file of a claim is damaged
   */
  async take(name: string, onLost: () => void): Promise<Claim | undefined> {
    const last = await this.generationOf(name);
    if (last > 0 && (await this.#holds(join(this.#folder, `${name}.${last}`)))) return undefined;
    const generation = last + 1;
    const path = join(this.#folder, `${name}.${generation}`);
    const processes = [identify(process.pid)];
    const isNew = await this.#create(path, { processes, released: false });
    return isNew ? new Claim(this, path, name, generation, processes, onLost) : undefined;
  }

  /** Makes a file with all of its content, unless there is one: a file that is only opened so would be empty for a moment. */
  async #create(path: string, record: ClaimRecord): Promise<boolean> {
    const temporary = join(this.#folder, `.${randomUUID()}.tmp`);
    await writeFileAtomically(temporary, encode(record));
    try {
      await link(temporary, path);
      return true;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      // Over a network the answer may get lost, and the second attempt find what the first has made: open(2), O_EXCL.
      if (code === 'EEXIST') return (await stat(temporary)).nlink === 2;
      throw new FileError(
        `${path} cannot be made as a hard link (${message}): choose a folder on another file system`,
        {
          cause,
        },
      );
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #holds(path: string): Promise<boolean> {
    const text = new TextDecoder().decode(await readFileBytes(path));
    const { processes, released } = decodeJson(text, claimRecord, path);
    if (released) return false;
    const states = processes.map(isRunning);
    if (!states.includes(undefined)) return states.includes(true);
    return this.#wasTouched(path);
  }

  /** Clocks of machines differ, so that times of the file are only compared with each other. */
  async #wasTouched(path: string): Promise<boolean> {
    const modified = (await stat(path)).mtimeMs;
    const seen = this.#seen.get(path);
    if (seen?.modified === modified) return performance.now() - seen.since < PATIENCE;
    this.#seen.set(path, { modified, since: performance.now() });
    return true;
  }
}
