import { resolve } from 'node:path';
import { type DatasetEntry, datasets, type PublishedFile } from '@pnn/data';
import { DownloadError, type GotFile, getDataset } from '@pnn/data/node';
import { ArgumentError } from '@pnn/nn';
import type { Command } from '../cli/command.js';
import type { Options } from '../cli/options.js';
import { importModules, modulesOf } from '../cli/own-modules.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { formatBytes } from '../report/format.js';
import { ProgressBar } from '../report/progress.js';

function describeEntry({ name, summary, inputShape, published, files, options = {} }: DatasetEntry): string {
  const bytes = published?.reduce<number | undefined>(
    (sum, file) => (sum === undefined || file.bytes === undefined ? undefined : sum + file.bytes),
    0,
  );
  const size = bytes === undefined ? '' : `, ${formatBytes(bytes)}`;
  const source = published
    ? `pnn data get ${name}${size}`
    : files === undefined
      ? 'no files are needed'
      : `takes ${files}`;
  const lines = [
    `${name}: ${summary}${inputShape ? `, [${inputShape}]` : ''}`,
    `  ${source}`,
    ...Object.entries(options).map(([key, { value, description }]) => `  ${key}=${value}: ${description}`),
  ];
  return lines.join('\n');
}

const checks = {
  sha256: 'its SHA-256 is the published one',
  size: 'as many bytes as there should be; no checksum of it is known',
  nothing: 'nothing is known to compare it with',
} as const;

function describeFile({ name, wasThere, verified, unpacked }: GotFile): string {
  const parts = [
    ...(wasThere ? ['was there'] : []),
    ...(verified ? [checks[verified]] : []),
    ...(unpacked === undefined ? [] : [`${unpacked} files unpacked`]),
  ];
  return `${name}: ${parts.join('; ')}`;
}

/** Shows how far a file is; it begins anew with each file. */
class FileProgress {
  #bar: ProgressBar | undefined;
  #label = '';
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  begin({ name }: PublishedFile): void {
    this.clear();
    this.#bar = undefined;
    this.#label = name;
  }

  update(received: number, resumed: number, total: number | undefined): void {
    if (total === undefined) return;
    this.#bar ??= new ProgressBar(this.#terminal, { total, label: this.#label, unit: 'bytes', from: resumed });
    this.#bar.update(received);
  }

  clear(): void {
    this.#bar?.clear();
  }
}

async function get(options: Options, name: string, terminal: Terminal): Promise<number> {
  if (!datasets.has(name)) {
    options.refuse(`no data set is called '${name}'; there are ${datasets.names().join(', ')}`);
  }
  const entry = datasets.get(name);
  const folder = options.text('to') ?? `data/${name}`;
  const progress = new FileProgress(terminal);
  const signals = stopOnSignals();
  try {
    const got = await getDataset(entry, resolve(folder), {
      signal: signals.signal,
      onFile: (file) => progress.begin(file),
      onProgress: ({ received, resumed, total }) => progress.update(received, resumed, total),
    });
    progress.clear();
    for (const file of got) terminal.write(`${describeFile(file)}\n`);
    terminal.write(`Train with: pnn train --dataset ${name} --data '${folder.replaceAll("'", "'\\''")}'\n`);
    return 0;
  } catch (error) {
    progress.clear();
    if (signals.signal.aborted && error instanceof DownloadError) {
      terminal.write(`${error.message}\n`);
      return signals.status;
    }
    if (error instanceof ArgumentError) throw new ArgumentError(`pnn data get: ${error.message}`, { cause: error });
    throw error;
  } finally {
    signals.ignore();
  }
}

/** `pnn data` */
export const data: Command = {
  name: 'data',
  summary: 'list the data sets, or download one',
  positionals: ['list | get', 'NAME'],
  description: `list tells the data sets and what can be chosen about them. get downloads one from its official address,
compares it with the published checksum if one is known, and unpacks it. A download that was
interrupted goes on where it was.`,
  options: () => [
    {
      heading: 'Options',
      options: {
        to: { value: 'DIR', description: 'folder for the files (default data/NAME)' },
        import: { value: 'FILE,…', description: 'modules that register data sets of your own' },
      },
    },
  ],
  notes: `Examples:
  pnn data list
  pnn data get mnist
  pnn data get cifar10 --to /data/cifar10`,
  async run(options, terminal) {
    const [action, name] = options.positionals;
    await importModules(modulesOf(options));
    if (action === 'list' && name === undefined) {
      terminal.write(`${datasets.entries().map(describeEntry).join('\n')}\n`);
      return 0;
    }
    if (action === 'get' && name !== undefined) return get(options, name, terminal);
    if (action === 'get') options.refuse('get needs the name of a data set');
    return options.refuse(action === undefined ? 'list or get is needed' : `'${action}' is neither list nor get`);
  },
};
