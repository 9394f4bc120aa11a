import { createHash } from 'node:crypto';
import { encodeNetworkFile } from '@pnn/models';
import { ArgumentError, FormatError, type HostArray } from '@pnn/nn';
import { loadSafetensors, writeFileAtomically } from '@pnn/nn/node';
import { type Checkpoint, restoreCheckpoint, takeCheckpoint } from '@pnn/pnn';
import { object, text } from '@pnn/pnn/codec';
import { loadCheckpoint, saveCheckpoint } from '@pnn/pnn/node';
import { loadData } from '../cli/load-data.js';
import { Experiment } from '../experiment/experiment.js';
import type { StartingPoint } from '../experiment/starting-point.js';
import { resultOf, type TrialResult } from './result.js';
import type { Trial } from './trial.js';

/** Where a trial keeps its files. */
export interface TrialFiles {
  readonly checkpoint: string;
  /** Where to leave the network; null if nobody needs it. */
  readonly network: string | null;
  /** The network that it begins with; null for random weights. */
  readonly start: string | null;
}

/** What a trial tells on the way. */
export interface TrialListener {
  /** The training begins, or goes on, after this step of so many. */
  begun(step: number, steps: number): void;
  /** A step was made. */
  step(step: number, loss: number): void;
  /** Something that a person should know. */
  note(text: string): void;
}

/** What a checkpoint remembers besides the training. */
const checkpointSettings = object<{ trial: string }>({ trial: text });

/** The checkpoint of a trial that was interrupted; undefined if there is none, or it is damaged, which is said. */
async function checkpointOf(trial: Trial, path: string, listener: TrialListener): Promise<Checkpoint | undefined> {
  try {
    const checkpoint = await loadCheckpoint(path);
    const owner = checkpointSettings(checkpoint.state.settings, `${path}: settings`).trial;
    if (owner !== trial.id) throw new FormatError(`${path} is the checkpoint of the trial ${owner}`);
    return checkpoint;
  } catch (error) {
    if (error instanceof FormatError) {
      listener.note(`${error.message}: the trial begins anew`);
      return undefined;
    }
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}

async function startingPoint({ spec }: Trial, path: string | null): Promise<StartingPoint | undefined> {
  if (!spec.start) return undefined;
  if (path === null) throw new ArgumentError('a trial that begins with the network of another needs its file');
  const tensors: ReadonlyMap<string, HostArray> = (await loadSafetensors(path)).tensors;
  return { tensors, polynomials: spec.start.polynomials, frozen: spec.start.frozen };
}

/**
 * Trains a trial from its checkpoint or from the beginning, on the device in use.
 *
 * @param seconds from one checkpoint to the next; the step in progress is finished before
 * @returns undefined if the signal ended it before; then a checkpoint is written
 */
export async function runTrial(
  trial: Trial,
  files: TrialFiles,
  seconds: number,
  signal: AbortSignal,
  listener: TrialListener,
): Promise<TrialResult | undefined> {
  const { data: source, experiment: spec } = trial.spec;
  const data = await loadData(source);
  const experiment = new Experiment(
    spec,
    data,
    { onStep: ({ step, loss }) => listener.step(step, loss) },
    await startingPoint(trial, files.start),
  );
  const { trainer } = experiment;
  const save = async () => {
    const settings: { trial: string } = { trial: trial.id };
    await saveCheckpoint(files.checkpoint, await takeCheckpoint(trainer, experiment.epochs, settings));
  };
  try {
    const checkpoint = await checkpointOf(trial, files.checkpoint, listener);
    if (checkpoint) {
      restoreCheckpoint(trainer, checkpoint);
      experiment.epochs.push(...checkpoint.state.epochs);
    }
    const { epochs } = spec.training;
    listener.begun(trainer.progress().step, epochs * experiment.stepsPerEpoch);
    const isOver = () => experiment.epochs.length >= epochs || trainer.stopped || trainer.endedEarly;
    while (!isOver()) {
      const pause = AbortSignal.timeout(seconds * 1000);
      for await (const _ of experiment.run(AbortSignal.any([signal, pause])));
      if (isOver()) break;
      await save();
      if (signal.aborted) return undefined;
    }
    await experiment.finish();
    const file = await encodeNetworkFile(experiment.described);
    if (files.network !== null) await writeFileAtomically(files.network, file);
    const { final, ...record } = await experiment.record(trial.name);
    return resultOf(
      { ...record, final: final! },
      {
        testSamples: data.test.length,
        classes: data.test.classes?.length ?? 0,
        steps: trainer.progress().step,
        network: createHash('sha256').update(file).digest('hex'),
      },
    );
  } finally {
    experiment.dispose();
  }
}
