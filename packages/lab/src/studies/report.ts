import { FormatError } from '@pnn/nn';
import { type Decoder, list, nullable, object, oneOf, text } from '@pnn/pnn/codec';
import { describeSettings } from '../experiment/settings.js';
import type { Document, DocumentSection, Remark } from '../report/document.js';
import {
  formatCount,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPoints,
  formatSeconds,
  formatShare,
  NOT_MEASURED,
} from '../report/format.js';
import type { SettingValue } from '../report/record.js';
import type { Cell } from '../report/terminal/layout.js';
import type { TrialStates } from '../trials/events.js';
import { trialResult } from '../trials/result.js';
import { trial } from '../trials/trial.js';
import { version } from '../version.js';
import { isByAccuracy } from './charts.js';
import { type Group, groupsOf, isStable, reachOf, type Spread, scoreOf, type TrialOutcome } from './outcomes.js';
import type { StudyPlan } from './plan.js';
import type { Study, StudyOutcome } from './study.js';

/** The version of the reports that are written. */
const STUDY_REPORT_VERSION = 1;

/** A study and what came out of it. Plain data that survives JSON. */
export interface StudyReport {
  readonly version: typeof STUDY_REPORT_VERSION;
  readonly study: string;
  readonly title: string;
  /** When it was made, ISO 8601 with time zone. */
  readonly created: string;
  /** The package and its version. */
  readonly software: string;
  readonly outcomes: readonly TrialOutcome[];
}

/** Decodes a {@link StudyReport}. */
export const studyReport: Decoder<StudyReport> = object<StudyReport>({
  version: oneOf(STUDY_REPORT_VERSION),
  study: text,
  title: text,
  created: text,
  software: text,
  outcomes: list(object<TrialOutcome>({ trial, result: nullable(trialResult), failure: nullable(text) })),
});

/** The report of a plan, as far as its trials are known. */
export function studyReportOf({ study, title, trials }: StudyPlan, { results, failures }: TrialStates): StudyReport {
  return {
    version: STUDY_REPORT_VERSION,
    study,
    title,
    created: new Date().toISOString(),
    software: `@pnn/lab ${version}`,
    outcomes: trials.map((each) => ({
      trial: each,
      result: results.get(each.id) ?? null,
      failure: failures.get(each.id) ?? null,
    })),
  };
}

/** A report as a document, and the part of it that fits a terminal. */
export interface StudyDocument {
  readonly page: Document;
  readonly terminal: Document;
}

/**
 * What a person reads of a report.
 *
 * @throws FormatError if it is of a study that this version does not know
 */
export function studyDocument(report: StudyReport, studies: readonly Study[]): StudyDocument {
  const study = studies.find(({ name }) => name === report.study);
  if (!study) throw new FormatError(`the report is of the study '${report.study}', which this version does not know`);
  const groups = groupsOf(report.outcomes);
  const twin = groups.find(({ role }) => role === 'twin');
  const outcome: StudyOutcome = { outcomes: report.outcomes, groups, twin };
  const idsOf = (outcomes: readonly TrialOutcome[]) => new Set(outcomes.map(({ trial: { id } }) => id)).size;
  const done = idsOf(report.outcomes.filter(({ result }) => result));
  const data = new Set(report.outcomes.map(({ trial: each }) => each.spec.data.dataset));
  const head = {
    title: report.title,
    subtitle: `${[...data].join(', ')}: ${formatCount(done)} of ${formatCount(idsOf(report.outcomes))} trials finished`,
  };
  const results = resultsSection(outcome);
  const own = study.sections(outcome);
  // Names of many factors do not fit a terminal: a study of such has tables of its own.
  const { table, ...remarks } = results;
  const main = own.some((section) => section.table) ? remarks : results;
  const isText = (section: DocumentSection) => section.table ?? (section.remarks ?? []).length > 0;
  return {
    terminal: { ...head, sections: [main, ...own].filter(isText) },
    page: { ...head, sections: [results, ...own, settingsSection(outcome), trialsSection(outcome)] },
  };
}

function spreadText(spread: Spread | null, format: (value: number, decimals: number) => string): string {
  if (!spread) return NOT_MEASURED;
  const { mean, deviation } = spread;
  return deviation === null ? format(mean, 2) : `${format(mean, 2).replace('%', '')} ± ${format(deviation, 2)}`;
}

function stopText({ stopped }: Pick<Group, 'stopped'>): string {
  if (!stopped) return NOT_MEASURED;
  const { step, layer } = stopped;
  return `${formatCount(step)}${layer === null ? '' : `, ${layer || 'network'}`}`;
}

/** A column of the table of groups. */
interface GroupColumn {
  readonly heading: readonly string[];
  readonly cell: (group: Group) => Cell;
}

/** What there is to say of the groups of a study: nothing of a twin without one, nothing of stops if there were none. */
function groupColumns({ twin, groups }: StudyOutcome): GroupColumn[] {
  const byAccuracy = isByAccuracy({ groups });
  const difference = ({ role, score }: Group) =>
    role === 'polynomial' && score && twin?.score ? score.mean - twin.score.mean : null;
  return [
    { heading: ['training'], cell: ({ name }) => ({ text: name }) },
    {
      heading: ['test', byAccuracy ? 'accuracy' : 'loss'],
      cell: ({ score }) => ({ text: spreadText(score, byAccuracy ? formatPercent : formatLoss), tone: 'strong' }),
    },
    ...(twin && byAccuracy
      ? [{ heading: ['points', 'to twin'], cell: (group: Group) => ({ text: formatPoints(difference(group)) }) }]
      : []),
    { heading: ['stable', 'runs'], cell: stableCell },
    ...(groups.some(({ stopped }) => stopped)
      ? [{ heading: ['first stop:', 'step, layer'], cell: (group: Group) => ({ text: stopText(group) }) }]
      : []),
    { heading: ['reach', '[B]'], cell: ({ reach }) => ({ text: formatNumber(reach, 3) }) },
    { heading: ['inputs', 'outside'], cell: outsideCell },
    { heading: ['time'], cell: ({ seconds }) => ({ text: formatSeconds(seconds?.mean ?? null) }) },
  ];
}

function stableCell({ stable, results, outcomes }: Group): Cell {
  return {
    text: `${stable.length}/${results.length}${results.length < outcomes.length ? ` of ${outcomes.length}` : ''}`,
    ...(results.length > 0 && { tone: stable.length === results.length ? 'good' : 'bad' }),
  };
}

function outsideCell({ shareOutside }: Group): Cell {
  if (shareOutside === null) return { text: NOT_MEASURED };
  return shareOutside === 0 ? { text: 'none', tone: 'good' } : { text: formatShare(shareOutside), tone: 'bad' };
}

/** All groups in a table, and what went wrong. */
function resultsSection(outcome: StudyOutcome): DocumentSection {
  const { groups, outcomes } = outcome;
  const columns = groupColumns(outcome);
  const failed = outcomes.filter(({ failure }) => failure !== null);
  const missing = outcomes.filter(({ result, failure }) => result === null && failure === null);
  const remarks: Remark[] = [
    ...failed.map(({ trial: { name }, failure }) => ({
      text: `${name} failed: ${firstLine(failure!)}`,
      tone: 'bad' as const,
    })),
    ...(missing.length > 0
      ? [{ text: `trials that are not finished yet: ${formatCount(missing.length)}`, tone: 'bad' as const }]
      : []),
  ];
  return {
    heading: 'Results',
    lead: 'Means over the seeds whose runs were stable, ± one standard deviation of the sample. A run is stable if it made all its epochs, its test loss is finite, and it is right more often than a guess. The stop is the earliest of the runs of a row; reach is the largest |x| / B, outside the largest share of inputs beyond B in a layer, both on the test data and of all runs.',
    remarks,
    table: {
      columns,
      rows: groups.map((group) => columns.map(({ cell }) => cell(group))),
    },
  };
}

function firstLine(words: string): string {
  return words.split('\n', 1)[0]!;
}

/** The settings that all polynomial trials have in common. */
function settingsSection({ outcomes }: StudyOutcome): DocumentSection {
  const all = outcomes
    .filter(({ trial: { role } }) => role === 'polynomial')
    .map(({ trial: { spec } }): Record<string, SettingValue> => {
      const bound = spec.experiment.method.polynomial?.bound;
      const { dataset, train, test } = spec.data;
      return {
        'data set': dataset,
        'training samples': train ?? 'all',
        'test samples': test ?? 'all',
        ...describeSettings(spec.experiment, bound?.kind === 'calibrated' ? bound.steps : 0),
      };
    });
  const [first = {}, ...others] = all;
  const common = Object.entries(first).filter(([name, value]) => others.every((each) => each[name] === value));
  const devices = [...new Set(outcomes.flatMap(({ result }) => result?.device ?? []))];
  const rows: [string, string][] = [
    ...common.map(([name, value]): [string, string] => [
      name,
      typeof value === 'number' ? formatNumber(value, 6) : String(value),
    ]),
    ['devices', devices.join('; ') || NOT_MEASURED],
  ];
  return {
    heading: 'Settings',
    lead: 'What all polynomial trainings have in common. A warm-up is shortened to a quarter of a training.',
    table: {
      columns: [{ heading: ['setting'] }, { heading: ['value'] }],
      rows: rows.map(([name, value]) => [{ text: name }, { text: value }]),
    },
  };
}

/** Every trial by itself. */
function trialsSection({ outcomes }: StudyOutcome): DocumentSection {
  return {
    heading: 'Every trial',
    table: {
      columns: ['trial', 'id', 'test score', 'stable', 'reach [B]', 'steps', 'time', 'stopped because'].map(
        (heading) => ({
          heading: [heading],
        }),
      ),
      rows: outcomes.map(({ trial: { name, id }, result, failure }) =>
        [
          name,
          id,
          ...(result
            ? [
                result.accuracy === null ? formatLoss(scoreOf(result)) : formatPercent(result.accuracy),
                isStable(result) ? 'yes' : 'no',
                formatNumber(reachOf(result), 3),
                formatCount(result.steps),
                formatSeconds(result.seconds),
                result.stopped?.reason ?? '',
              ]
            : [
                failure === null ? 'not finished' : 'failed',
                '',
                '',
                '',
                '',
                failure === null ? '' : firstLine(failure),
              ]),
        ].map((words) => ({ text: words })),
      ),
    },
  };
}
