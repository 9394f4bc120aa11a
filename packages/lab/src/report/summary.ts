import type { InputRange, LayerRecord, Report, RunRecord } from './record.js';

/** The results of one run in a few numbers; `null` is what was not measured. */
export interface RunSummary {
  readonly run: RunRecord;
  readonly testAccuracy: number | null;
  /** 95 % interval of the accuracy, see {@link wilsonInterval}. */
  readonly interval: readonly [number, number] | null;
  /** Whether the interval reaches down to what guessing would get, one in the number of classes. */
  readonly atChance: boolean;
  /** Test accuracy minus that of the reference run; `null` for the reference itself. */
  readonly difference: number | null;
  readonly testLoss: number | null;
  /** Mean over the last epoch. */
  readonly boundaryLoss: number | null;
  /** Share of all steps of the run in which the gradient was clipped. */
  readonly clippedShare: number | null;
  /** Optimizer steps of the run. */
  readonly steps: number;
  readonly seconds: number | null;
  /** The inputs of the polynomial activations, on the best data there is. */
  readonly containment: Containment;
}

/** How far the inputs of each polynomial activation reach at the end of a run. */
export interface Containment {
  /** The data that it was measured on: test if there was a test, else the last validation, else the last epoch. */
  readonly data: 'test' | 'validation' | 'training' | null;
  /** Per layer of the run; `null` if it was not measured. */
  readonly ranges: readonly (InputRange | null)[];
}

/** The run that the others are compared with: the first whose role is `twin`, or `null`. */
export function referenceRun(report: Report): RunRecord | null {
  return report.runs.find((run) => run.role === 'twin') ?? null;
}

/** Whether the runs are judged by their accuracy, as those of classes are; otherwise by their loss. */
export function isJudgedByAccuracy({ dataset, runs }: Report): boolean {
  return dataset.classes.length > 0 || runs.some(({ final }) => final?.testMetrics.accuracy !== undefined);
}

/** Summarizes every run of a report, in its order. */
export function summarize(report: Report): RunSummary[] {
  const reference = referenceRun(report);
  return report.runs.map((run) => {
    const testAccuracy = run.final?.testMetrics.accuracy ?? null;
    const referenceAccuracy = run === reference ? null : (reference?.final?.testMetrics.accuracy ?? null);
    const interval = testAccuracy === null ? null : wilsonInterval(testAccuracy, report.dataset.test);
    const classes = report.dataset.classes.length;
    const steps = run.epochs.reduce((sum, epoch) => sum + epoch.steps, 0);
    const clipped = run.epochs.reduce((sum, epoch) => sum + epoch.steps * epoch.clippedShare, 0);
    return {
      run,
      testAccuracy,
      interval,
      atChance: interval !== null && classes > 1 && interval[0] <= 1 / classes,
      difference: testAccuracy === null || referenceAccuracy === null ? null : testAccuracy - referenceAccuracy,
      testLoss: run.final?.testLoss ?? null,
      boundaryLoss: run.role === 'twin' ? null : (run.epochs.at(-1)?.boundaryLoss ?? null),
      clippedShare: steps === 0 || run.clipNorm === null ? null : clipped / steps,
      steps,
      seconds: run.final?.seconds ?? totalSeconds(run),
      containment: containmentOf(run),
    };
  });
}

/**
 * The 95 % interval of a success rate seen as `share` in `count` independent trials (Wilson, "Probable inference, the
 * law of succession, and statistical inference", JASA 1927), or `null` if the arguments are no rate and no count.
 */
export function wilsonInterval(share: number, count: number): [number, number] | null {
  if (!(share >= 0 && share <= 1 && count >= 1)) return null;
  const z = 1.959963984540054;
  const shrink = 1 / (1 + z ** 2 / count);
  const center = shrink * (share + z ** 2 / (2 * count));
  const half = shrink * z * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

function totalSeconds(run: RunRecord): number | null {
  return run.epochs.length === 0 ? null : run.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
}

function containmentOf(run: RunRecord): Containment {
  const perLayer = (ranges: readonly (InputRange | null)[]) => run.layers.map((_, index) => ranges[index] ?? null);
  if (run.final !== null) return { data: 'test', ranges: perLayer(run.final.layers) };
  const last = run.epochs.at(-1);
  if (last === undefined) return { data: null, ranges: perLayer([]) };
  const validated = last.layers.some((layer) => layer.validation !== null);
  return {
    data: validated ? 'validation' : 'training',
    ranges: perLayer(last.layers.map((layer) => (validated ? layer.validation : layer.train))),
  };
}

/** The largest share of inputs outside [-B, B] among the layers; `NaN` if one is; `null` if none was measured. */
export function largestShareOutside({ ranges }: Containment): number | null {
  return ranges
    .flatMap((range) => (range === null ? [] : [range.shareOutside]))
    .reduce<number | null>((largest, share) => Math.max(largest ?? 0, share), null);
}

/** Whether no input left [-B, B]. */
export function isInside({ maxAbs, shareOutside }: InputRange, { bound }: LayerRecord): boolean {
  return shareOutside === 0 && maxAbs <= bound;
}
