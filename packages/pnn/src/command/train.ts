import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FileError } from '@pnn/nn/node';
import { twinOf } from '../experiment/index.js';
import { loadCheckpoint } from '../node/files.js';
import { renderSummary, terminalOptions } from '../report/index.js';
import { loadDataset } from './datasets.js';
import { Options, optionLines } from './options.js';
import { type Plan, Session, sessionStateOf, type Terminal } from './session.js';
import { dataSettingsFrom, experimentSettingsFrom, trainOptionSpecs } from './train-options.js';

/** Exit status after Ctrl-C, by the convention of shells: 128 + SIGINT. */
const INTERRUPTED = 130;

export const trainHelp = `Usage: pnn train [options]

Trains a network with polynomial activations and, beside it, its twin with the activation that they approximate;
prints a table, and writes the models (safetensors), a report (HTML and JSON) and a checkpoint.

Options:
${optionLines(trainOptionSpecs)}

Ctrl-C writes a checkpoint and says how to go on from it; a second one ends at once.

Examples:
  pnn train
  pnn train --dataset mnist --data DIR --degree 16
  pnn train --dataset mnist --data DIR --bound paper --no-twin
`;

function timestamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

function planFrom(options: Options): Plan {
  const data = dataSettingsFrom(options);
  const settings = experimentSettingsFrom(options, data.dataset);
  const degree = settings.activation!.degree;
  const name = `polynomial, degree ${degree}`;
  const polynomialRun = { name, file: 'polynomial.safetensors', settings };
  const twin = { name: `${settings.target} twin`, file: 'twin.safetensors', settings: twinOf(settings) };
  return {
    title: `Degree-${degree} polynomial network on ${data.dataset}`,
    data,
    runs: options.has('no-twin') ? [polynomialRun] : [polynomialRun, twin],
    out: resolve(options.text('out') ?? join('runs', `${data.dataset}-degree${degree}-${timestamp(new Date())}`)),
  };
}

async function isWritableFolder(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Makes a folder and those above it that are missing. One attempt each, since Node's own recursive form never ends on
 * file systems that let nobody make folders.
 *
 * @throws FileError where a folder cannot be made, or not be written to
 */
async function makeFolder(path: string, attempts = 2): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isWritableFolder(path))) return;
    if (code === 'ENOENT' && attempts > 1 && dirname(path) !== path) {
      await makeFolder(dirname(path));
      return makeFolder(path, attempts - 1);
    }
    const reason = code === 'EEXIST' ? 'it is no folder that can be written to' : message;
    throw new FileError(`--out: ${path} cannot be used (${reason}): choose another folder`, { cause });
  }
}

/** Runs `pnn train` and returns its exit status. */
export async function train(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = new Options('pnn train', args, trainOptionSpecs);
  if (options.has('help')) {
    terminal.write(trainHelp);
    return 0;
  }
  const path = options.text('resume');
  if (path !== undefined && args.length > (args.includes('--resume') ? 2 : 1)) {
    options.refuse('--resume takes no other options: they are those of the interrupted training');
  }
  const checkpoint = path === undefined ? undefined : await loadCheckpoint(path);
  const { plan, finished } = checkpoint ? sessionStateOf(checkpoint, path!) : { plan: planFrom(options), finished: [] };
  const data = await loadDataset(plan.data);
  await makeFolder(plan.out);
  const session = new Session(plan, data, terminal, finished);

  const abort = new AbortController();
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(INTERRUPTED);
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    const report = await session.run(abort.signal, checkpoint);
    if (!report) {
      terminal.write(`Interrupted. Go on with: pnn train --resume ${session.checkpointPath}\n`);
      return INTERRUPTED;
    }
    terminal.write(`\n${renderSummary(report, terminalOptions(terminal, process.env))}\n`);
    terminal.write(`Report: ${join(plan.out, 'report.html')}\n`);
    for (const { file } of plan.runs) terminal.write(`Model:  ${join(plan.out, file)}\n`);
    return 0;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
