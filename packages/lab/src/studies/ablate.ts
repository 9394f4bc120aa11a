import type { OptionSpecs, Options } from '../cli/options.js';
import { dotChart } from '../report/chart/dots.js';
import type { DocumentSection } from '../report/document.js';
import { formatCount, formatPercent } from '../report/format.js';
import type { Cell } from '../report/terminal/layout.js';
import { polynomialGroups, scoreAxis, scoreDot, stableShare, twinLine } from './charts.js';
import { degreesFrom, degreesOption } from './degree-options.js';
import { type Group, groupWith, valuesOf } from './outcomes.js';
import type { Study, StudyOutcome } from './study.js';
import type { Settings } from './trial-builder.js';

/** What is taken away from the method of the paper. */
const variants: Readonly<Record<string, Settings>> = {
  'full method': {},
  'no boundary loss': { lambda: '0' },
  'no clipping': { 'max-norm': 'none' },
  'clipping of everything': { 'plain-clipping': true },
  neither: { lambda: '0', 'max-norm': 'none' },
};

const added: Settings = { outside: 'tangent', bound: 'calibrated', coefficients: 'learned' };
const published: Settings = { outside: 'polynomial', bound: 'paper', coefficients: 'fixed' };

/** What this software adds to the method: all of it, without one part each, and nothing. */
const additions: Readonly<Record<string, Settings>> = {
  'tangent, calibrated bound, learned coefficients': added,
  'polynomial itself outside': { ...added, outside: published.outside },
  'bound of the paper': { ...added, bound: published.bound },
  'fixed coefficients': { ...added, coefficients: published.coefficients },
  'as in the paper': published,
};

const DEGREES = '2,4,8';

const optionSpecs = (): OptionSpecs => ({
  degrees: degreesOption(DEGREES),
  additions: {
    value: 'NAME',
    description:
      'each (default: all three, without one of them each, none), all, none (as in the paper), or these two: ends',
  },
});

function additionsFrom(options: Options): [string, Settings][] {
  const each = Object.entries(additions);
  const choice = options.choice('additions', ['each', 'all', 'none', 'ends']) ?? 'each';
  const [all, none] = [each[0]!, each.at(-1)!];
  return { each, all: [all], none: [none], ends: [all, none] }[choice];
}

function stopText({ stopped }: Group): string {
  if (!stopped) return '';
  return ` step ${formatCount(stopped.step)}${stopped.layer === null ? '' : ` in ${stopped.layer || 'the network'}`}`;
}

function cellOf(group: Group | undefined): Cell {
  if (!group || group.results.length === 0) return { text: '–' };
  const { results, stable, score } = group;
  const share = `${stable.length}/${results.length}`;
  const accuracy = score ? `${formatPercent(score.mean, 1)} ` : '';
  return {
    text: `${accuracy}${share}${stopText(group)}`,
    tone: stable.length === results.length ? 'good' : 'bad',
  };
}

function sectionOf(outcome: StudyOutcome, groups: readonly Group[], addition: string, index: number): DocumentSection {
  const own = groups.filter(({ factors }) => factors.with === addition);
  const degrees = valuesOf(own, 'degree');
  const methods = valuesOf(own, 'method').map(String);
  const { title, format } = scoreAxis(outcome);
  const series = degrees.map((degree, at) => ({ name: `degree ${degree}`, color: at + 1 }));
  const rowsOf = (dotOf: (group: Group | undefined) => { value: number | null; spread?: number | null }) =>
    methods.map((method) => ({
      label: method,
      dots: degrees.map((degree) => dotOf(groupWith(own, { degree, method }))),
    }));
  return {
    heading: addition[0]!.toUpperCase() + addition.slice(1),
    lead: 'In a cell: the mean accuracy of the stable runs, how many of the runs were stable, and where the first of the others was stopped.',
    table: {
      columns: [{ heading: ['method'] }, ...degrees.map((degree) => ({ heading: [`degree ${degree}`] }))],
      rows: methods.map((method) => [
        { text: method },
        ...degrees.map((degree) => cellOf(groupWith(own, { degree, method }))),
      ]),
    },
    charts: [
      dotChart({
        id: `score-${index}`,
        title,
        subtitle: 'mean of the stable runs, one standard deviation',
        xLabel: '',
        xFormat: format,
        references: twinLine(outcome),
        series,
        rows: rowsOf(scoreDot),
      }),
      dotChart({
        id: `stable-${index}`,
        title: 'Stable runs',
        xLabel: '',
        xFormat: 'percent',
        xInclude: [0, 1],
        series,
        rows: rowsOf((group) => ({ value: group ? stableShare(group) : null })),
      }),
    ],
  };
}

/** `pnn ablate` */
export const ablate: Study = {
  name: 'ablate',
  summary: 'what each part of the method is good for',
  description: `Trains with the full method, without the boundary loss, without clipping, with clipping of
everything (BatchNorm's γ and β, too), and with neither boundary loss nor clipping; each with
what this software adds (the tangent outside [−B, B], the bound calibrated to the data, learned
coefficients), without one of these each, and as in the paper.`,
  notes: `The bound of the paper is that of its preset for the data set and the degree, with its α and
its cap.

Examples:
  pnn ablate --degrees 2,8 --seeds 3 --jobs 2
  pnn ablate --dataset cifar10 --data DIR --model resnet8 --train-samples 5000 --degrees 4,8`,
  options: optionSpecs,
  decides: ['degree', 'outside', 'bound', 'coefficients', 'plain-clipping'],
  title: (_, dataset) => `Ablation of the method on ${dataset}`,
  trials: (builder, options) => [
    ...additionsFrom(options).flatMap(([addition, settings]) =>
      degreesFrom(options, DEGREES).flatMap((degree) =>
        Object.entries(variants).flatMap(([method, taken]) =>
          builder.polynomial({ degree, method, with: addition }, { ...settings, ...taken, degree: `${degree}` }),
        ),
      ),
    ),
    ...builder.twins(),
  ],
  sections: (outcome) => {
    const groups = polynomialGroups(outcome);
    return valuesOf(groups, 'with').map((addition, index) => sectionOf(outcome, groups, String(addition), index));
  },
};
