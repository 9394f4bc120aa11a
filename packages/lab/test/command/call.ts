import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { bundledCommand, type OwnPackage } from './bundled.js';

const folder = mkdtempSync(join(tmpdir(), 'pnn-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = await bundledCommand(folder);

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
// Where the command looks for tsx, to load TypeScript.
symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));

/** The address of a package as the called command uses it: there is one registry for both. */
export function addressOf(name: OwnPackage): string {
  return pathToFileURL(join(folder, `${name}.js`)).href;
}

/** The path of a copy of an example that imports the packages as the called command uses them. */
export function exampleFile(name: string): string {
  const text = readFileSync(join(repository, 'examples', name), 'utf8');
  const path = join(folder, name);
  writeFileSync(
    path,
    text.replaceAll(/'@pnn\/(\w+)'/g, (_, own: OwnPackage) => `'${addressOf(own)}'`),
  );
  return path;
}

/** The program and its arguments that call the command. */
export function commandLine(args: readonly string[]): string[] {
  return [process.execPath, program, ...args];
}

/** What a call of the command left. */
export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The moment at which a call gets a signal. */
export interface Interruption {
  /** As soon as it has printed this. */
  readonly after: string;
  /** @default that of Ctrl-C */
  readonly signal?: NodeJS.Signals;
}

/**
 * The address of a module, loaded before the command, by which a process sends the signal to itself: from outside it would come
 * at some later moment, on a busy machine behind the end.
 */
function interrupter({ after, signal = 'SIGINT' }: Interruption): string {
  const text = `
    const { write } = process.stdout;
    let printed = '';
    process.stdout.write = function (part, ...rest) {
      const wasPrinted = printed.includes(${JSON.stringify(after)});
      printed += part;
      const result = write.call(this, part, ...rest);
      if (!wasPrinted && printed.includes(${JSON.stringify(after)})) process.kill(process.pid, '${signal}');
      return result;
    };`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** How a call is made. */
export interface CallOptions {
  /** The folder in which it runs. */
  readonly cwd?: string;
  readonly interruption?: Interruption;
}

/** A call of the command `pnn` as it is in the sources, in a process of its own that is no terminal. */
export class Call {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #result: Promise<Result>;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], { cwd, interruption }: CallOptions = {}) {
    const [node, ...rest] = commandLine(args);
    const before = interruption ? ['--import', interrupter(interruption)] : [];
    this.#child = spawn(node!, [...before, ...rest], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '' },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#result = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (status) => resolve({ status, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** Sends the signal, by default that of Ctrl-C. */
  interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<Result> {
    this.#child.kill(signal);
    return this.#result;
  }

  /** Stops reading what is printed, as `head` does when it has enough. */
  stopReading(): Promise<Result> {
    this.#child.stdout.destroy();
    return this.#result;
  }

  /** Waits for the end. */
  get result(): Promise<Result> {
    return this.#result;
  }
}

/** Calls the command and waits for its end. */
export function pnn(...args: string[]): Promise<Result> {
  return new Call(args).result;
}

/** Calls the command, which gets a signal on its way, and waits for its end. */
export function interruptedPnn(args: readonly string[], interruption: Interruption, cwd?: string): Promise<Result> {
  return new Call(args, { interruption, ...(cwd !== undefined && { cwd }) }).result;
}
