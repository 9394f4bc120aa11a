import type { OptionSpecs, Options } from '../cli/options.js';
import { specsOf } from '../cli/options.js';
import { dotChart } from '../report/chart/dots.js';
import { type LineChart, lineChart, type Mark } from '../report/chart/line.js';
import { kindFor } from '../report/chart/scale.js';
import type { DocumentSection } from '../report/document.js';
import { formatNumber, formatPercent, formatPoints } from '../report/format.js';
import {
  isByAccuracy,
  polynomialGroups,
  reachChart,
  scoreAxis,
  scoreDot,
  scorePoint,
  seriesOver,
  stableShare,
  twinLine,
} from './charts.js';
import { degreesFrom, degreesOption } from './degree-options.js';
import { landmarksOf } from './landmarks.js';
import { type Group, groupWith, valuesOf } from './outcomes.js';
import type { Study, StudyOutcome } from './study.js';
import { experimentOptions } from './trial-builder.js';

const DEGREES = '2,4,8';

const BOUNDS = 'bound=2,4,6,8,10,12,16,20,35,47';

/** The value of the factor `bound` that stands for calibration. */
const CALIBRATED = 'calibrated';

const optionSpecs = (): OptionSpecs => ({
  over: {
    value: 'NAME=V,V,…',
    description: `an option of a training and its values (default ${BOUNDS}); between slashes if they have commas: widths=8,16/16,32`,
  },
  degrees: degreesOption(DEGREES),
});

/** The option that is swept, and its values as they are given. */
function overFrom(options: Options): { readonly name: string; readonly values: readonly string[] } {
  const text = options.text('over') ?? BOUNDS;
  const [, name = '', list = ''] = /^([a-z-]+)=(.+)$/.exec(text) ?? options.refuse(`--over ${text} is not NAME=V,V,…`);
  const specs = specsOf(experimentOptions());
  if (!Object.hasOwn(specs, name) || specs[name]!.value === undefined || name === 'seed' || name === 'import') {
    options.refuse(`--over ${text}: there is no option --${name} that takes a value, or it cannot be swept`);
  }
  if (name === 'degree') options.refuse('--over degree: give the degrees by --degrees, or run pnn degrees');
  return { name, values: list.split(list.includes('/') ? '/' : ',') };
}

/** A value as a factor: a number if it is one. */
function factorOf(value: string): string | number {
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** The factor that is swept: the one beside the degree. */
function sweptFactor(groups: readonly Group[]): string {
  return Object.keys(groups[0]?.factors ?? {}).find((name) => name !== 'degree') ?? 'bound';
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

/** The bounds that calibration has chosen for the layers of all runs of a group. */
function calibratedBounds(group: Group | undefined): number[] {
  return group?.results.flatMap(({ layers }) => layers.map(({ bound }) => bound)) ?? [];
}

/** One degree of a sweep over numbers: the chart with its landmarks, and what they say. */
function degreeSection(outcome: StudyOutcome, groups: readonly Group[], degree: string | number): DocumentSection {
  const factor = sweptFactor(groups);
  const own = groups.filter(({ factors }) => factors.degree === degree);
  const { title, format } = scoreAxis(outcome);
  const points = own
    .flatMap((group) => {
      const x = group.factors[factor];
      return typeof x === 'number' ? [{ x, score: group.score?.mean ?? null, stable: stableShare(group) === 1 }] : [];
    })
    .sort((a, b) => a.x - b.x);
  const landmarks = isByAccuracy(outcome) ? landmarksOf(points) : undefined;
  const calibrated = groupWith(own, { [factor]: CALIBRATED });
  const bounds = calibratedBounds(calibrated);
  const marks: Mark[] = [
    ...(landmarks?.cliff ? [{ label: 'cliff', x: landmarks.cliff.x }] : []),
    ...(landmarks?.decline ? [{ label: 'decline', x: landmarks.decline.x }] : []),
    ...(bounds.length > 0 ? [{ label: 'calibrated', x: median(bounds) }] : []),
  ];
  const common = {
    xLabel: factor,
    xFormat: 'number',
    xKind: kindFor(points.map(({ x }) => x)),
  } satisfies Partial<LineChart>;
  const over = (pointOf: Parameters<typeof seriesOver>[3]) =>
    seriesOver(own, factor, [{}], pointOf, () => `degree ${degree}`);
  const remarks: string[] = [];
  if (landmarks) {
    const { best, cliff, decline } = landmarks;
    remarks.push(
      `Best at ${factor} ${formatNumber(best.x)}: ${formatPercent(best.score)}` +
        `${cliff ? `; the cliff is at ${formatNumber(cliff.x)}` : '; no cliff below it'}` +
        `${decline ? `, the decline begins at ${formatNumber(decline.x)}` : ', no decline above it'}`,
    );
    if (calibrated?.score) {
      const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
      remarks.push(
        `Calibration chooses B from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}, median ${formatNumber(median(bounds), 3)}: ` +
          `${formatPercent(calibrated.score.mean)}, ${formatPoints(calibrated.score.mean - best.score)} points to the best of the sweep`,
      );
    }
  }
  return {
    heading: `Degree ${degree}`,
    remarks: remarks.map((text) => ({ text, tone: 'good' })),
    charts: [
      lineChart({
        ...common,
        id: `score-${degree}`,
        title,
        subtitle: 'mean of the stable runs, one standard deviation',
        yFormat: format,
        yKind: format === 'percent' ? 'linear' : 'auto',
        series: over(scorePoint),
        references: [
          ...twinLine(outcome),
          ...(calibrated?.score ? [{ label: 'calibrated', value: calibrated.score.mean }] : []),
        ],
        marks,
      }),
      lineChart({
        ...common,
        id: `stable-${degree}`,
        title: 'Stable runs',
        yFormat: 'percent',
        yKind: 'linear',
        yInclude: [0, 1],
        series: over((group) => ({ y: stableShare(group) })),
      }),
      lineChart({ ...reachChart, ...common, id: `reach-${degree}`, series: over(({ reach }) => ({ y: reach })) }),
    ],
  };
}

/** A sweep over words. */
function wordsSection(outcome: StudyOutcome, groups: readonly Group[]): DocumentSection {
  const factor = sweptFactor(groups);
  const { title, format } = scoreAxis(outcome);
  const degrees = valuesOf(groups, 'degree');
  return {
    heading: `By ${factor}`,
    charts: [
      dotChart({
        id: 'score',
        title,
        subtitle: 'mean of the stable runs, one standard deviation',
        xLabel: '',
        xFormat: format,
        references: twinLine(outcome),
        series: degrees.map((degree, index) => ({ name: `degree ${degree}`, color: index + 1 })),
        rows: valuesOf(groups, factor).map((value) => ({
          label: String(value),
          dots: degrees.map((degree) => scoreDot(groupWith(groups, { degree, [factor]: value }))),
        })),
      }),
    ],
  };
}

/** `pnn sweep` */
export const sweep: Study = {
  name: 'sweep',
  summary: 'accuracy and stability against B, or any other setting',
  description: `Trains once for each value of a setting, degree and seed. Over the bound B, the report marks
the cliff (five points below the best, or runs that are not stable), the decline (one point
below), and where the calibrated bound lands.`,
  notes: `Examples:
  pnn sweep --over bound=4,6,8,10,12,20,35 --degrees 4,8 --seeds 3
  pnn sweep --over lambda=10,100,1000
  pnn sweep --over order=normalization-first,activation-first --degrees 4`,
  options: optionSpecs,
  decides: ['degree'],
  title: (options, dataset) => `Sweep over ${overFrom(options).name} on ${dataset}`,
  trials: (builder, options) => {
    const { name, values } = overFrom(options);
    const all = name === 'bound' && !values.includes(CALIBRATED) ? [...values, CALIBRATED] : values;
    return [
      ...degreesFrom(options, DEGREES).flatMap((degree) =>
        all.flatMap((value) =>
          builder.polynomial({ degree, [name]: factorOf(value) }, { degree: `${degree}`, [name]: value }),
        ),
      ),
      ...builder.twins(),
    ];
  },
  sections: (outcome) => {
    const groups = polynomialGroups(outcome);
    const values = valuesOf(groups, sweptFactor(groups));
    const isNumeric = values.filter((value) => typeof value === 'number').length > 1;
    if (!isNumeric) return [wordsSection(outcome, groups)];
    return valuesOf(groups, 'degree').map((degree) => degreeSection(outcome, groups, degree));
  },
};
