import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MemoryError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import { loadCheckpoint } from '@pnn/pnn/node';
import { loadDataset } from '../cli/datasets.js';
import { deviceFrom, useDevice } from '../cli/devices.js';
import { makeFolder } from '../cli/folders.js';
import { Options, optionLines } from '../cli/options.js';
import { dataSettingsFrom, experimentSettingsFrom, trainOptionSpecs } from '../cli/train-options.js';
import { twinOf } from '../experiment/index.js';
import { renderSummary, terminalOptions } from '../report/index.js';
import { CHECKPOINT_FILE, type Plan, Session, sessionStateOf, type Terminal } from './train-session.js';

/** Exit status after Ctrl-C, by the convention of shells: 128 + SIGINT. */
const INTERRUPTED = 130;

/** What `pnn train --help` prints: usage, options and examples. */
export const trainHelp = `Usage: pnn train [options]

Trains a network with polynomial activations and, beside it, its twin with the activation that they approximate;
prints a table, and writes the models (safetensors), a report (HTML and JSON) and, until it has ended, a checkpoint.

Options:
${optionLines(trainOptionSpecs)}

Ctrl-C finishes the step in progress, writes a checkpoint and says how to go on from it; a second one finishes the step
and leaves the checkpoint out.

Examples:
  pnn train
  pnn train --dataset mnist --data DIR --degree 16
  pnn train --dataset mnist --data DIR --bound paper --no-twin
  pnn train --device gpu
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
    device: deviceFrom(options),
    title: `Degree-${degree} polynomial network on ${data.dataset}`,
    data,
    runs: options.has('no-twin') ? [polynomialRun] : [polynomialRun, twin],
  };
}

/** The folder for the results of a new training. */
function folderFrom(options: Options, { data, runs }: Plan): string {
  const degree = runs[0]!.settings.activation!.degree;
  return resolve(options.text('out') ?? join('runs', `${data.dataset}-degree${degree}-${timestamp(new Date())}`));
}

/** The command that goes on from a checkpoint, for a shell. */
function resumeCommand(checkpoint: string): string {
  return `npx pnn train --resume '${checkpoint.replaceAll("'", "'\\''")}'`;
}

/** @throws FileError where the file, which a training would write to, is the checkpoint of another one */
async function refuseCheckpoint(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new FileError(
    `${path} is the checkpoint of an unfinished training: go on with it by ${resumeCommand(path)}, or choose another folder`,
  );
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
  const device = await useDevice(plan.device);
  if (plan.device.startsWith('gpu')) terminal.write(`Device: ${device.description}\n`);
  const out = path === undefined ? folderFrom(options, plan) : dirname(resolve(path));
  const checkpointPath = join(out, CHECKPOINT_FILE);
  if (path === undefined || resolve(path) !== checkpointPath) await refuseCheckpoint(checkpointPath);
  const data = await loadDataset(plan.data);
  await makeFolder(out);
  const session = new Session(plan, out, data, terminal, finished);

  const abort = new AbortController();
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(INTERRUPTED);
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    const report = await session.run(abort.signal, checkpoint);
    if (!report) {
      terminal.write(`Interrupted. Go on with: ${resumeCommand(checkpointPath)}\n`);
      return INTERRUPTED;
    }
    terminal.write(`\n${renderSummary(report, terminalOptions(terminal, process.env))}\n`);
    terminal.write(`Report: ${join(out, 'report.html')}\n`);
    for (const { file } of plan.runs) terminal.write(`Model:  ${join(out, file)}\n`);
    return 0;
  } catch (cause) {
    if (!(cause instanceof MemoryError)) throw cause;
    throw new MemoryError(
      `pnn train: the training does not fit into memory (${cause.message}): give smaller --widths or --batch-size`,
      { cause },
    );
  } finally {
    process.off('SIGINT', interrupt);
  }
}
