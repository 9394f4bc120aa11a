import type { OptionSpecs, Options } from '../cli/options.js';
import type { DocumentSection } from '../report/document.js';
import type { Trial } from '../trials/trial.js';
import type { Group, TrialOutcome } from './outcomes.js';
import type { TrialBuilder } from './trial-builder.js';

/** What came out of a study so far. */
export interface StudyOutcome {
  /** In the order of the plan. */
  readonly outcomes: readonly TrialOutcome[];
  /** The same by factors. */
  readonly groups: readonly Group[];
  /** The networks with the target itself; undefined if there are none. */
  readonly twin: Group | undefined;
}

/** An experiment of many trainings: a function from options to trials, and one from their outcomes to what a person reads. */
export interface Study {
  /** The name of the command. */
  readonly name: string;
  /** What it does, in a line of `pnn --help`. */
  readonly summary: string;
  /** What `--help` says before the options. */
  readonly description: string;
  /** What `--help` says after the options. */
  readonly notes: string;
  /** What it takes besides the options of a training; they may replace some of these. */
  readonly options: () => OptionSpecs;
  /** Options of a training that it decides itself. */
  readonly decides: readonly string[];
  /** The title of its report. */
  readonly title: (options: Options, dataset: string) => string;
  /**
   * The trainings.
   *
   * @throws UsageError if options do not go together
   */
  readonly trials: (builder: TrialBuilder, options: Options) => readonly Trial[];
  /** What its report shows besides the table of all groups. */
  readonly sections: (outcome: StudyOutcome) => readonly DocumentSection[];
}
