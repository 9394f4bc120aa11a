import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FormatError, PnnError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';

/** A file cannot be downloaded: the network or the server is in the way, or it was interrupted. */
export class DownloadError extends PnnError {
  override readonly name = 'DownloadError';
}

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that are on the disk. */
  readonly received: number;
  /** How many of them were there before this call. */
  readonly resumed: number;
  /** All bytes of the file, unless nobody says. */
  readonly total: number | undefined;
}

/** What is downloaded, and how patiently. */
export interface DownloadOptions {
  /** Where the file is, and mirrors of it, in the order in which they are tried. */
  readonly addresses: readonly string[];
  /** What it becomes. */
  readonly path: string;
  /** How many bytes it has, if that is known. */
  readonly bytes?: number | undefined;
  /** The SHA-256 of its bytes in hexadecimal digits, if that is known. */
  readonly sha256?: string | undefined;
  /** Ends the download; what is on the disk stays, and the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /**
   * Attempts in a row from which nothing new comes, after which an address is given up.
   *
   * @default 5
   */
  readonly attempts?: number | undefined;
  /**
   * Milliseconds before the second attempt, twice as many before each one after it, up to 30 seconds.
   *
   * @default 1000
   */
  readonly retryDelay?: number | undefined;
  /**
   * Milliseconds without a byte, after which an attempt is ended.
   *
   * @default 60000
   */
  readonly stallTimeout?: number | undefined;
}

/** What a downloaded file was compared with. */
export type Verification = 'sha256' | 'size' | 'nothing';

/** A file that is there now. */
export interface Downloaded {
  readonly verified: Verification;
  /** Whether it was there before. */
  readonly wasThere: boolean;
}

const MAX_DELAY = 30_000;
/** How often an address may send a whole file that is not the published one. */
const MAX_CORRUPTIONS = 2;

/** An address will not give the file, however often it is asked. */
class Refusal extends Error {}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // "fetch failed" and "terminated" say nothing; their cause does.
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
};

/** Calls the file system, whose errors are none of the network. */
async function onDisk<T>(path: string, deed: Promise<T>): Promise<T> {
  try {
    return await deed;
  } catch (cause) {
    throw new FileError(`${path} cannot be written (${messageOf(cause)}): see to the folder and call again`, { cause });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function hashOf(path: string, hash: Hash = createHash('sha256')): Promise<Hash> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash;
}

/** The number of bytes that a response says the whole file has. */
function totalOf(response: Response): number | undefined {
  const range = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  if (range) return Number(range[1]);
  const length = response.headers.get('content-length');
  return response.status === 200 && length !== null ? Number(length) : undefined;
}

/** The download of one file: its partial file lies beside it, with `.part` behind the name, and survives interruptions. */
class Download {
  readonly #options: DownloadOptions;
  readonly #part: string;
  /** What the server calls the version of the partial file: needed where no checksum would tell two versions apart. */
  readonly #version: string;
  /** The bytes that were there when the download began. */
  #resumed = 0;
  #total: number | undefined;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#part = `${options.path}.part`;
    this.#version = `${options.path}.part.version`;
    this.#total = options.bytes;
  }

  async run(): Promise<Downloaded> {
    const { path, addresses, sha256 } = this.#options;
    const there = await this.#existing();
    if (there) return there;
    await onDisk(path, mkdir(dirname(path), { recursive: true }));
    this.#resumed = (await sizeOf(this.#part)) ?? 0;
    const problems: string[] = [];
    for (const address of addresses) {
      // Without a checksum, bytes of two mirrors must not be mixed.
      if (problems.length > 0 && sha256 === undefined) await this.#startOver();
      const problem = await this.#from(address);
      if (problem === undefined) return { verified: this.#verification(), wasThere: false };
      problems.push(`${address}: ${problem}`);
    }
    throw new DownloadError(`${path} cannot be downloaded: ${problems.join('; ')}`);
  }

  #verification(): Verification {
    if (this.#options.sha256 !== undefined) return 'sha256';
    return this.#total === undefined ? 'nothing' : 'size';
  }

  /** Whether the file is there already. */
  async #existing(): Promise<Downloaded | undefined> {
    const { path, bytes, sha256 } = this.#options;
    const size = await sizeOf(path);
    if (size === undefined) return undefined;
    const found = sha256 === undefined ? undefined : (await hashOf(path)).digest('hex');
    const isOther = (bytes !== undefined && size !== bytes) || found !== sha256;
    if (isOther) {
      throw new FileError(`${path} is there already and is not the published file: move it away and call again`);
    }
    return { verified: sha256 !== undefined ? 'sha256' : bytes !== undefined ? 'size' : 'nothing', wasThere: true };
  }

  /** Gets the file from an address; what is wrong with the address if that is not possible. */
  async #from(address: string): Promise<string | undefined> {
    const { signal, attempts = 5, retryDelay = 1000 } = this.#options;
    let most = (await sizeOf(this.#part)) ?? 0;
    let corruptions = 0;
    for (let failures = 0; ; ) {
      let problem: string;
      try {
        await this.#attempt(address);
        const found = await this.#finish();
        if (found === undefined) return undefined;
        corruptions++;
        problem = found;
        if (corruptions === MAX_CORRUPTIONS) return problem;
      } catch (error) {
        if (signal?.aborted) {
          throw new DownloadError(`${this.#options.path}: interrupted; the next call goes on from what is there`);
        }
        if (error instanceof PnnError) throw error;
        if (error instanceof Refusal) return error.message;
        problem = messageOf(error);
      }
      const received = (await sizeOf(this.#part)) ?? 0;
      failures = received > most ? 0 : failures + 1;
      most = Math.max(most, received);
      if (failures >= attempts) return problem;
      const delay = Math.min(MAX_DELAY, retryDelay * 2 ** Math.max(0, failures - 1));
      await wait(delay, undefined, signal ? { signal } : {}).catch(() => {
        throw new DownloadError(`${this.#options.path}: interrupted; the next call goes on from what is there`);
      });
    }
  }

  async #startOver(): Promise<void> {
    await onDisk(this.#part, rm(this.#part, { force: true }));
    await onDisk(this.#part, rm(this.#version, { force: true }));
    this.#resumed = 0;
  }

  /** One request: appends what comes to the partial file. */
  async #attempt(address: string): Promise<void> {
    const { sha256, signal, stallTimeout = 60_000 } = this.#options;
    let have = (await sizeOf(this.#part)) ?? 0;
    const version = await readFile(this.#version, 'utf8').catch(() => '');
    if (have > 0 && sha256 === undefined && version === '') {
      await this.#startOver();
      have = 0;
    }
    const end = new AbortController();
    const abort = () => end.abort(signal?.reason);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    const stall = setTimeout(() => end.abort(new Error(`nothing came for ${stallTimeout / 1000} s`)), stallTimeout);
    try {
      const response = await fetch(address, {
        signal: end.signal,
        // A compressed transfer of a file that is compressed already could not be resumed.
        headers: {
          'accept-encoding': 'identity',
          ...(have > 0 && { range: `bytes=${have}-` }),
          ...(have > 0 && version !== '' && { 'if-range': version }),
        },
      });
      const offset = await this.#offsetOf(response, have);
      if (offset !== undefined) await this.#append(response, offset, () => stall.refresh());
    } finally {
      clearTimeout(stall);
      signal?.removeEventListener('abort', abort);
      end.abort();
    }
  }

  /** Where the body of a response belongs; undefined if there is nothing left to get. */
  async #offsetOf(response: Response, have: number): Promise<number | undefined> {
    const { status, headers } = response;
    const total = totalOf(response);
    if (status === 416) {
      if (have > 0 && total === have) return undefined;
      await this.#startOver();
      throw new Error(`the server has no byte ${have}`);
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      throw new Refusal(`the server answers ${status} ${response.statusText}`.trim());
    }
    if (status !== 200 && status !== 206) throw new Error(`the server answers ${status} ${response.statusText}`.trim());
    const { bytes } = this.#options;
    if (bytes !== undefined && total !== undefined && total !== bytes) {
      throw new Refusal(`the server has ${total} bytes, and ${bytes} are published`);
    }
    this.#total = bytes ?? total;
    const first = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
    if (status === 206 && have > 0 && Number(first) === have) return have;
    if (status === 206) {
      await this.#startOver();
      throw new Error('the server sends another part than it was asked for');
    }
    await this.#startOver();
    const etag = headers.get('etag');
    const version = etag?.startsWith('W/') ? null : etag;
    if (version) await onDisk(this.#version, writeFile(this.#version, version));
    return 0;
  }

  async #append(response: Response, offset: number, onBytes: () => void): Promise<void> {
    const { bytes, onProgress } = this.#options;
    const limit = bytes ?? this.#total ?? Number.POSITIVE_INFINITY;
    let received = offset;
    const file: FileHandle = await onDisk(this.#part, open(this.#part, offset > 0 ? 'r+' : 'w'));
    try {
      for await (const chunk of response.body ?? []) {
        onBytes();
        if (received + chunk.length > limit) {
          throw new Refusal(`the server sends more than the ${limit} bytes that the file has`);
        }
        await onDisk(this.#part, file.write(chunk, 0, chunk.length, received));
        received += chunk.length;
        onProgress?.({ received, resumed: this.#resumed, total: this.#total });
      }
      await onDisk(this.#part, file.sync());
    } finally {
      await file.close();
    }
    if (this.#total !== undefined && received < this.#total) {
      throw new Error(`the server stopped after ${received} of ${this.#total} bytes`);
    }
  }

  /** Gives the whole file its name if it is the published one; else starts over, and says what is wrong. */
  async #finish(): Promise<string | undefined> {
    const { path, sha256 } = this.#options;
    const found = sha256 === undefined ? undefined : (await hashOf(this.#part)).digest('hex');
    if (found !== sha256) {
      await this.#startOver();
      return `it sends bytes with the SHA-256 ${found}, and ${sha256} is published`;
    }
    await onDisk(path, rename(this.#part, path));
    await rm(this.#version, { force: true });
    return undefined;
  }
}

/**
 * Downloads a file. What has come is kept in `PATH.part`: after an interruption the next call asks for the rest alone (HTTP
 * Range), also of another mirror if a checksum tells whether the parts belong together. The file takes its name when it is
 * complete and is the published one. A file that is there is compared and left alone.
 *
 * @throws DownloadError if no address gives the published file, or the signal ended the download
 * @throws FileError if the disk is in the way, or another file has the name
 */
export function downloadFile(options: DownloadOptions): Promise<Downloaded> {
  return new Download(options).run();
}

/**
 * Checks a file that is there.
 *
 * @throws FormatError if its SHA-256 is another one
 */
export async function checkFile(path: string, sha256: string): Promise<void> {
  const found = (await hashOf(path)).digest('hex');
  if (found !== sha256) throw new FormatError(`${path} has the SHA-256 ${found}, and ${sha256} is published`);
}
