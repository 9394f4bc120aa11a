import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MemoryError, shardsOf, shareText } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import { type Checkpoint, checkTraining, shareCheckpoint } from '@pnn/pnn';
import { loadCheckpoint } from '@pnn/pnn/node';
import type { Command } from '../cli/command.js';
import { dataFingerprint } from '../cli/data-fingerprint.js';
import { useDevice } from '../cli/devices.js';
import { makeFolder, makeNewFolder, timestamp } from '../cli/folder.js';
import { loadData } from '../cli/load-data.js';
import { dataOptions, dataSpecFrom } from '../cli/option-groups/data.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import { methodOptions, methodSpecFrom } from '../cli/option-groups/method.js';
import { modelOptions, modelSpecFrom } from '../cli/option-groups/model.js';
import { processOptions } from '../cli/option-groups/processes.js';
import { trainingOptions, trainingSpecFrom } from '../cli/option-groups/training.js';
import { type OptionGroup, type Options, specsOf } from '../cli/options.js';
import { importModules, modulesOf } from '../cli/own-modules.js';
import { connect, HEAD_START, type Processes, SharedFailure, together } from '../cli/processes.js';
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
    { heading: 'Processes', options: processOptions() },
    {
      heading: 'Output',
      options: {
        out: { value: 'DIR', description: 'folder for model, report and checkpoint (default runs/NAME-TIME)' },
        resume: { value: 'FILE', description: 'go on from a checkpoint, with the options of that training' },
        'resume-if-exists': {
          description: 'go on from the checkpoint in --out, if there is one of a training with the same options',
        },
        'checkpoint-every': {
          value: 'N',
          description: 'write a checkpoint after every N steps, too (default: epochs)',
        },
      },
    },
  ];
}

function planFrom(options: Options, imports: readonly string[], processes: number): Plan {
  const data = dataSpecFrom(options);
  const { dataset } = data;
  const method = methodSpecFrom(options, dataset);
  const training = trainingSpecFrom(options, dataset, processes);
  if (training.syncBatchNorm && method.polynomial.penalty.form === 'max-norm') {
    options.refuse('--sync-batch-norm goes with the other forms of --penalty, not max-norm');
  }
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** @throws FileError if the file, which a training would write to, is the checkpoint of another one */
async function refuseCheckpoint(path: string): Promise<void> {
  if (!(await exists(path))) return;
  throw new FileError(
    `${path} is the checkpoint of an unfinished training: go on with it by ${resumeCommand(path)}, or choose another folder`,
  );
}

/** Options that do not belong to the training but to the call. */
const optionsOfCall = ['resume', 'threads', 'mpi', 'no-overlap', 'checkpoint-every'];

/** @throws UsageError if options come with --resume that belong to the interrupted training */
function refuseOptionsBesideResume(options: Options): void {
  const others = Object.keys(specsOf(trainOptions())).filter((name) => !optionsOfCall.includes(name));
  if (options.positionals.length > 0 || others.some((name) => options.has(name))) {
    options.refuse(
      '--resume takes no other options but --threads, --mpi, --no-overlap and --checkpoint-every: they are those of the ' +
        'interrupted training',
    );
  }
}

/** The exit status of all processes after a signal to any of them: that of Ctrl-C, since most of them got none. */
const STOPPED_TOGETHER = 130;

/** What a call is to do, and what of it is done. */
interface Start {
  readonly plan: Plan;
  /** The absolute path of the folder of the results, if it is not a new one. */
  readonly given: string | undefined;
  /** What an interrupted training left, and in which file. */
  readonly resume?: Resume;
}

interface Resume {
  readonly path: string;
  readonly checkpoint: Checkpoint;
  readonly finished: readonly FinishedRun[];
}

async function newStart(options: Options, processes: Processes): Promise<Start> {
  const imports = modulesOf(options);
  await importModules(imports);
  const plan = planFrom(options, imports, processes.size);
  const given = options.text('out');
  return { plan, given: given === undefined ? undefined : resolve(given) };
}

/** The checkpoint that process 0 finds, and what it holds. */
async function loadShared(path: string, processes: Processes): Promise<Resume & { readonly plan: Plan }> {
  const own = await together(processes, () => (processes.rank === 0 ? loadCheckpoint(path) : undefined));
  const checkpoint = await shareCheckpoint(processes, own);
  return { path, checkpoint, ...sessionStateOf(checkpoint, path) };
}

async function resumedStart(options: Options, path: string, processes: Processes): Promise<Start> {
  const { plan, ...resume } = await loadShared(path, processes);
  return together(processes, async () => {
    await importModules(plan.imports);
    const device = deviceSpecFrom(options, plan.device);
    return { plan: { ...plan, device }, given: dirname(resolve(path)), resume };
  });
}

/** The options as they are compared: any number of threads gives the same bits. */
const settingsOf = (plan: Plan): string => JSON.stringify({ ...plan, device: { ...plan.device, threads: null } });

/**
 * A new training, or the rest of one that was begun with the same options.
 *
 * @throws FileError if the checkpoint that is there belongs to another training
 */
async function restartedStart(options: Options, processes: Processes): Promise<Start> {
  const start = await together(processes, () => newStart(options, processes));
  const path = join(start.given!, CHECKPOINT_FILE);
  const isThere = await together(processes, async () => processes.rank === 0 && (await exists(path)));
  if ((await shareText(processes, String(isThere))) !== 'true') return start;
  const { plan, ...resume } = await loadShared(path, processes);
  return together(processes, () => {
    if (settingsOf(plan) === settingsOf(start.plan)) return { ...start, resume };
    throw new FileError(
      `${path} is the checkpoint of a training with other options: go on with it by ${resumeCommand(path)}, or choose ` +
        'another folder',
    );
  });
}

function startOf(options: Options, processes: Processes): Promise<Start> {
  const from = options.text('resume');
  if (from !== undefined) return resumedStart(options, from, processes);
  if (options.has('resume-if-exists')) return restartedStart(options, processes);
  return together(processes, () => newStart(options, processes));
}

const silent: Terminal = { write: () => true };

async function run(options: Options, terminal: Terminal): Promise<number> {
  const processes = await connect(options, async () => {
    if (options.has('resume')) refuseOptionsBesideResume(options);
    // Also where the checkpoint will name the device: instructions are chosen before anything computes, such as a comparison.
    await useDevice(deviceSpecFrom(options));
    if (options.has('resume-if-exists') && !options.has('out')) options.refuse('--resume-if-exists needs --out DIR');
  });
  try {
    const status = await trainTogether(options, processes.rank === 0 ? terminal : silent, processes);
    if (status !== 0) await processes.finalize();
    return status;
  } catch (error) {
    if (!(error instanceof SharedFailure)) {
      if (processes.rank > 0) await setTimeout(HEAD_START);
      throw error;
    }
    if (processes.rank === 0) process.stderr.write(`${error.message}\n`);
    await processes.finalize();
    return error.status;
  }
}

async function trainTogether(options: Options, terminal: Terminal, processes: Processes): Promise<number> {
  const checkpointEvery = await together(processes, () => options.integer('checkpoint-every', 1));
  const start = await startOf(options, processes);
  const { given, resume } = start;
  const { device, spec } = await together(processes, () => useDevice(start.plan.device));
  const plan = { ...start.plan, device: spec };
  if (plan.device.name.includes('gpu')) terminal.write(`Device: ${device.description}\n`);
  const data = await together(processes, async () => {
    for (const { experiment } of plan.runs) {
      shardsOf(processes, experiment.training.shards);
      checkTraining(experiment.training);
    }
    const written = given === undefined ? undefined : join(given, CHECKPOINT_FILE);
    const isOwn = processes.rank > 0 || (resume && resolve(resume.path) === written);
    if (written !== undefined && !isOwn) await refuseCheckpoint(written);
    return loadData(plan.data);
  });
  if (processes.size > 1) {
    await together(processes, () =>
      processes.agree({ 'the options': settingsOf(plan) }, 'start all processes with the same options'),
    );
    await together(processes, () =>
      processes.agree({ 'the training data': dataFingerprint(data.train) }, 'put the same files on all machines'),
    );
  }
  const out = await together(processes, async () => {
    if (processes.rank > 0) return '';
    const folder = given ?? (await makeNewFolder(defaultFolder(plan)));
    await makeFolder(folder);
    return folder;
  });
  const session = new Session(plan, data, terminal, {
    out,
    finished: resume?.finished ?? [],
    processes: { communicator: processes, overlap: !options.has('no-overlap') },
    ...(checkpointEvery !== undefined && { checkpointEvery }),
  });
  const signals = stopOnSignals();
  try {
    const report = await session.run(signals.signal, resume?.checkpoint);
    if (!report) {
      terminal.write(`Interrupted. Go on with: ${resumeCommand(join(out, CHECKPOINT_FILE))}\n`);
      return processes.size > 1 ? STOPPED_TOGETHER : signals.status;
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
  notes: `Ctrl-C, SIGTERM, SIGHUP and SIGUSR2 finish the step in progress, write a checkpoint and say how to
go on from it; a second one finishes the step and leaves the checkpoint out. Of several processes,
one that gets a signal ends all after the same step; mpirun leaves them the time after SIGUSR2.

Examples:
  pnn train
  pnn train --dataset mnist --data DIR --degree 16
  pnn train --dataset mnist --data DIR --paper --no-twin
  pnn train --dataset ./my-data.ts --model ./my-model.ts
  pnn train --import mine.js --dataset mine --model mlp
  pnn train --device webgpu
  mpirun -n 4 --bind-to none npx pnn train --mpi --shards 4 --batch-size 256`,
  run,
};
