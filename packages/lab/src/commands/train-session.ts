import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetSplits } from '@pnn/data';
import { saveNetwork } from '@pnn/models/node';
import { writeFileAtomically } from '@pnn/nn/node';
import { type Checkpoint, type EpochRecord, restoreCheckpoint, stoppedLayer, takeCheckpoint } from '@pnn/pnn';
import { type Decoder, list, number, object, text } from '@pnn/pnn/codec';
import { saveCheckpoint } from '@pnn/pnn/node';
import type { Terminal } from '../cli/terminal.js';
import { Experiment, type ExperimentEvents, type ExperimentProcesses } from '../experiment/experiment.js';
import { assembleReport, REPORT_SAMPLES } from '../experiment/report-of.js';
import { sampleRecords } from '../experiment/samples.js';
import {
  type DataSpec,
  type DeviceSpec,
  dataSpec,
  deviceSpec,
  type ExperimentSpec,
  experimentSpec,
} from '../experiment/specs.js';
import { runDecoder } from '../report/decoders.js';
import { formatLoss } from '../report/format.js';
import { ProgressBar, type Report, type RunRecord, renderReport, stringifyReport } from '../report/index.js';

/** One network of a plan, and the file that it is saved in. */
interface PlannedRun {
  readonly name: string;
  readonly file: string;
  readonly experiment: ExperimentSpec;
}

/** What a call of `pnn train` is to do. Plain data that survives JSON. */
export interface Plan {
  /** Where it is computed: another device gives other bits. */
  readonly device: DeviceSpec;
  readonly title: string;
  /** Absolute paths of modules that register data sets and models of the user's own. */
  readonly imports: readonly string[];
  readonly data: DataSpec;
  readonly runs: readonly PlannedRun[];
}

/** What is left of a network that has been trained. */
export interface FinishedRun {
  readonly record: RunRecord;
  readonly predictions: readonly (readonly number[])[];
}

/** What a checkpoint remembers of the session around the training. */
interface SessionState {
  readonly plan: Plan;
  readonly finished: readonly FinishedRun[];
}

const sessionState: Decoder<SessionState> = object<SessionState>({
  plan: object<Plan>({
    device: deviceSpec,
    title: text,
    imports: list(text),
    data: dataSpec,
    runs: list(object<PlannedRun>({ name: text, file: text, experiment: experimentSpec })),
  }),
  finished: list(object<FinishedRun>({ record: runDecoder, predictions: list(list(number)) })),
});

/** The file that an interrupted session goes on from. */
export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/**
 * The plan and the finished runs that a checkpoint holds.
 *
 * @throws FormatError if the checkpoint is none of the command train
 */
export function sessionStateOf({ state }: Checkpoint, path: string): SessionState {
  return sessionState(state.settings, `${path}: what the command train left in the checkpoint`);
}

function epochLine(
  name: string,
  epoch: EpochRecord,
  epochs: number,
  bounds: readonly number[],
  validation: string,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  const { validationMetrics, validationLoss } = epoch;
  const accuracy = validationMetrics?.accuracy;
  const parts = [
    `${name}: epoch ${epoch.epoch}/${epochs}`,
    `loss ${epoch.trainLoss.toFixed(4)}`,
    accuracy === undefined ? `${validation} loss ${formatLoss(validationLoss)}` : `${validation} ${percent(accuracy)}`,
  ];
  if (epoch.best) parts.push('the best so far');
  if (bounds.length > 0) {
    const reach = epoch.layers.map(({ train, validation }, i) => (validation ?? train).maxAbs / bounds[i]!);
    const outside = epoch.layers.map(({ train, validation }) => (validation ?? train).shareOutside);
    parts.push(
      `boundary loss ${epoch.boundaryLoss.toFixed(4)}`,
      `largest |x| ${Math.max(...reach).toFixed(2)} B`,
      `outside ${percent(Math.max(...outside))}`,
    );
  }
  parts.push(`clipped ${percent(epoch.clippedShare)}`, `${epoch.seconds.toFixed(1)} s`);
  return parts.join('  ');
}

/** What a session needs besides plan and data. */
export interface SessionOptions {
  /** The folder that everything is written to. */
  readonly out: string;
  /** What an earlier session has finished. */
  readonly finished: readonly FinishedRun[];
  /** Those that train together; process 0 writes the files. */
  readonly processes: ExperimentProcesses;
  /**
   * Steps from one checkpoint to the next within an epoch.
   *
   * @default none within an epoch
   */
  readonly checkpointEvery?: number;
}

/** Trains the networks of a plan one after the other, writing checkpoints on the way and in their place a report at the end. */
export class Session {
  readonly #plan: Plan;
  readonly #out: string;
  readonly #data: DatasetSplits;
  readonly #terminal: Terminal;
  readonly #finished: FinishedRun[];
  readonly #processes: ExperimentProcesses;
  readonly #checkpointEvery: number;

  constructor(plan: Plan, data: DatasetSplits, terminal: Terminal, options: SessionOptions) {
    this.#plan = plan;
    this.#data = data;
    this.#terminal = terminal;
    this.#out = options.out;
    this.#finished = [...options.finished];
    this.#processes = options.processes;
    this.#checkpointEvery = options.checkpointEvery ?? Number.POSITIVE_INFINITY;
  }

  /** Whether this process writes the files of all. */
  get #writes(): boolean {
    return this.#processes.communicator.rank === 0;
  }

  get #checkpointPath(): string {
    return join(this.#out, CHECKPOINT_FILE);
  }

  /**
   * Trains what is left to train.
   *
   * @param resume the checkpoint of the run in progress
   * @returns the report, or undefined if the signal ended it before; then the checkpoint is written
   */
  async run(signal: AbortSignal, resume?: Checkpoint): Promise<Report | undefined> {
    let checkpoint = resume;
    for (const run of this.#plan.runs.slice(this.#finished.length)) {
      const finished = await this.#trainOne(run, signal, checkpoint);
      checkpoint = undefined;
      if (!finished) return undefined;
      this.#finished.push(finished);
    }
    const report = this.#report();
    if (!this.#writes) return report;
    await writeFileAtomically(join(this.#out, 'report.json'), new TextEncoder().encode(stringifyReport(report)));
    await writeFileAtomically(join(this.#out, 'report.html'), new TextEncoder().encode(renderReport(report)));
    await rm(this.#checkpointPath, { force: true });
    return report;
  }

  async #trainOne(
    { name, file, experiment: spec }: PlannedRun,
    signal: AbortSignal,
    resume: Checkpoint | undefined,
  ): Promise<FinishedRun | undefined> {
    let bar: ProgressBar | undefined;
    let correct = 0;
    let samples = 0;
    const events: ExperimentEvents = {
      onStep: async (step) => {
        const steps = experiment.stepsPerEpoch;
        const position = ((step.step - 1) % steps) + 1;
        if (position === 1 || !bar) {
          const label = `${name}: epoch ${Math.ceil(step.step / steps)}/${spec.training.epochs}`;
          bar = new ProgressBar(this.#terminal, { total: steps, label });
          correct = 0;
          samples = 0;
        }
        const { accuracy } = step.metrics;
        correct += step.samples * (accuracy ?? 0);
        samples += step.samples;
        bar.update(position, { loss: step.loss, ...(accuracy !== undefined && { accuracy: correct / samples }) });
        if (step.step % this.#checkpointEvery === 0) await this.#saveCheckpoint(experiment);
      },
      onCalibration: (layers) => {
        bar?.clear();
        const bounds = layers.map((layer) => layer.bound.toPrecision(3)).join(', ');
        this.#terminal.write(`${name}: warm-up done, bounds B calibrated to ${bounds}\n`);
      },
    };
    const experiment = new Experiment(spec, this.#data, events, undefined, this.#processes);
    if (resume) {
      restoreCheckpoint(experiment.trainer, resume);
      experiment.epochs.push(...resume.state.epochs);
    }
    try {
      for await (const epoch of experiment.run(signal)) {
        bar?.clear();
        const bounds = experiment.activations.map(([, { bound }]) => bound);
        const line = epochLine(name, epoch, spec.training.epochs, bounds, experiment.validation);
        this.#terminal.write(`${line}\n`);
        await this.#saveCheckpoint(experiment);
      }
      bar?.clear();
      const { stopped, endedEarly, best } = experiment.trainer;
      if (stopped) {
        const { step, reason } = stopped;
        const layer = stoppedLayer(stopped);
        this.#terminal.write(`${name}: stopped at step ${step}${layer === null ? '' : ` in ${layer}`}: ${reason}\n`);
      } else if (endedEarly) {
        this.#terminal.write(`${name}: no better epoch in the last ${spec.training.patience}: the training ends\n`);
      } else if (experiment.epochs.length < spec.training.epochs) {
        // A signal, here or in another process.
        await this.#saveCheckpoint(experiment);
        return undefined;
      }
      if (best) this.#terminal.write(`${name}: the weights are those of epoch ${best.epoch}, the best\n`);
      await experiment.finish();
      if (this.#writes) await saveNetwork(join(this.#out, file), experiment.described);
      return { record: await experiment.record(name), predictions: await experiment.predictions(REPORT_SAMPLES) };
    } finally {
      experiment.dispose();
    }
  }

  async #saveCheckpoint(experiment: Experiment): Promise<void> {
    if (!this.#writes) return;
    const state: SessionState = { plan: this.#plan, finished: this.#finished };
    await saveCheckpoint(this.#checkpointPath, await takeCheckpoint(experiment.trainer, experiment.epochs, state));
  }

  #report(): Report {
    const runs = this.#finished.map(({ record }) => record);
    const predictions = this.#finished.map((finished) => finished.predictions);
    return assembleReport(this.#plan.title, this.#data, runs, sampleRecords(this.#data.test, predictions));
  }
}
