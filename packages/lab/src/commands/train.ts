import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MemoryError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import type { Checkpoint } from '@pnn/pnn';
import { loadCheckpoint } from '@pnn/pnn/node';
import type { Command } from '../cli/command.js';
import { useDevice } from '../cli/devices.js';
import { makeFolder, makeNewFolder, timestamp } from '../cli/folder.js';
import { importModules } from '../cli/import-modules.js';
import { loadData } from '../cli/load-data.js';
import { dataOptions, dataSpecFrom } from '../cli/option-groups/data.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import { methodOptions, methodSpecFrom } from '../cli/option-groups/method.js';
import { modelOptions, modelSpecFrom } from '../cli/option-groups/model.js';
import { trainingOptions, trainingSpecFrom } from '../cli/option-groups/training.js';
import { type OptionGroup, type Options, specsOf } from '../cli/options.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { twinOf } from '../experiment/specs.js';
import { renderSummary, terminalOptions } from '../report/index.js';
import { CHECKPOINT_FILE, type FinishedRun, type Plan, Session, sessionStateOf } from './train-session.js';

/** The options of `pnn train`. */
function trainOptions(): readonly OptionGroup[] {
  return [
    { heading: 'Data', options: dataOptions() },
    { heading: 'Model', options: modelOptions() },
    { heading: 'Method', options: methodOptions() },
    { heading: 'Training', options: trainingOptions() },
    { heading: 'Device', options: deviceOptions() },
    {
      heading: 'Output',
      options: {
        out: { value: 'DIR', description: 'folder for model, report and checkpoint (default runs/NAME-TIME)' },
        resume: { value: 'FILE', description: 'go on from a checkpoint; takes no other options but --threads' },
      },
    },
  ];
}

function planFrom(options: Options, imports: readonly string[]): Plan {
  const data = dataSpecFrom(options);
  const { dataset } = data;
  const method = methodSpecFrom(options, dataset);
  const training = trainingSpecFrom(options, dataset);
  const experiment = { model: modelSpecFrom(options, dataset), method, training };
  const { degree } = method.polynomial;
  const polynomialRun = { name: `polynomial, degree ${degree}`, file: 'polynomial.safetensors', experiment };
  const twin = { name: `${method.target} twin`, file: 'twin.safetensors', experiment: twinOf(experiment) };
  return {
    device: deviceSpecFrom(options),
    title: `Degree-${degree} polynomial network on ${dataset}`,
    imports,
    data,
    runs: options.has('no-twin') ? [polynomialRun] : [polynomialRun, twin],
  };
}

/** The folder for the results of a new training to which no folder is given. */
function defaultFolder({ data, runs }: Plan): string {
  const degree = runs[0]!.experiment.method.polynomial!.degree;
  return resolve('runs', `${data.dataset}-degree${degree}-${timestamp(new Date())}`);
}

/** The command that goes on from a checkpoint, for a shell. */
function resumeCommand(checkpoint: string): string {
  return `npx pnn train --resume '${checkpoint.replaceAll("'", "'\\''")}'`;
}

/** @throws FileError if the file, which a training would write to, is the checkpoint of another one */
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

/** @throws UsageError if options come with --resume that belong to the interrupted training */
function refuseOptionsBesideResume(options: Options): void {
  const others = Object.keys(specsOf(trainOptions())).filter((name) => name !== 'resume' && name !== 'threads');
  if (options.positionals.length > 0 || others.some((name) => options.has(name))) {
    options.refuse('--resume takes no other options but --threads: they are those of the interrupted training');
  }
}

/** What a call is to do, and what of it is done. */
interface Start {
  readonly plan: Plan;
  /** The absolute path of the folder of the results, if it is not a new one. */
  readonly given: string | undefined;
  /** What an interrupted training left, and in which file. */
  readonly resume?: {
    readonly path: string;
    readonly checkpoint: Checkpoint;
    readonly finished: readonly FinishedRun[];
  };
}

async function newStart(options: Options): Promise<Start> {
  const imports =
    options
      .text('import')
      ?.split(',')
      .map((file) => resolve(file)) ?? [];
  await importModules(imports);
  const plan = planFrom(options, imports);
  const given = options.text('out');
  return { plan, given: given === undefined ? undefined : resolve(given) };
}

async function resumedStart(options: Options, path: string): Promise<Start> {
  refuseOptionsBesideResume(options);
  const checkpoint = await loadCheckpoint(path);
  const { plan, finished } = sessionStateOf(checkpoint, path);
  await importModules(plan.imports);
  const device = deviceSpecFrom(options, plan.device);
  return { plan: { ...plan, device }, given: dirname(resolve(path)), resume: { path, checkpoint, finished } };
}

async function run(options: Options, terminal: Terminal): Promise<number> {
  const from = options.text('resume');
  const start = await (from === undefined ? newStart(options) : resumedStart(options, from));
  const { given, resume } = start;
  const { device, spec } = await useDevice(start.plan.device);
  const plan = { ...start.plan, device: spec };
  if (plan.device.name.includes('gpu')) terminal.write(`Device: ${device.description}\n`);
  const written = given === undefined ? undefined : join(given, CHECKPOINT_FILE);
  if (written !== undefined && !(resume && resolve(resume.path) === written)) await refuseCheckpoint(written);
  const data = await loadData(plan.data);
  const out = given ?? (await makeNewFolder(defaultFolder(plan)));
  await makeFolder(out);
  const checkpointPath = join(out, CHECKPOINT_FILE);
  const session = new Session(plan, out, data, terminal, resume?.finished);
  const signals = stopOnSignals();
  try {
    const report = await session.run(signals.signal, resume?.checkpoint);
    if (!report) {
      terminal.write(`Interrupted. Go on with: ${resumeCommand(checkpointPath)}\n`);
      return signals.status;
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
    signals.ignore();
  }
}

/** `pnn train` */
export const train: Command = {
  name: 'train',
  summary: 'train a polynomial network beside its twin, and report',
  description: `Trains a network with polynomial activations and, beside it, its twin with the activation that they
approximate. Prints a table, and writes the networks (safetensors), a report (HTML and JSON) and,
until it has ended, a checkpoint.`,
  options: trainOptions,
  notes: `Ctrl-C, SIGTERM and SIGHUP finish the step in progress, write a checkpoint and say how to go on from
it; a second one finishes the step and leaves the checkpoint out.

Examples:
  pnn train
  pnn train --dataset mnist --data DIR --degree 16
  pnn train --dataset mnist --data DIR --paper --no-twin
  pnn train --import mine.js --dataset mine --model mlp
  pnn train --device webgpu`,
  run,
};
