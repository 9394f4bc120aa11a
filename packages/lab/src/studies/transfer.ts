import { datasets } from '@pnn/data';
import { dataSpecFrom } from '../cli/option-groups/data.js';
import { modelSpecFrom } from '../cli/option-groups/model.js';
import type { OptionSpecs, Options } from '../cli/options.js';
import { specsOf } from '../cli/options.js';
import { dotChart } from '../report/chart/dots.js';
import { polynomialGroups, scoreAxis, scoreDot, twinLine } from './charts.js';
import { degreesFrom, degreesOption } from './degree-options.js';
import { groupWith, valuesOf } from './outcomes.js';
import type { Study } from './study.js';
import { experimentOptions, type Settings } from './trial-builder.js';

const DEGREES = '8';

/** The value of the option `--bounds` for polynomials that stay as they were. */
const KEPT = 'kept';

const optionSpecs = (): OptionSpecs => ({
  pretrain: { value: 'NAME', description: `data set to train on first: ${datasets.names().join(', ')}` },
  'pretrain-data': { value: 'DIR', description: 'folder with its files' },
  'pretrain-samples': { value: 'N', description: 'train on the first N samples of it only' },
  'pretrain-epochs': { value: 'N', description: 'epochs on it (default as on the other)' },
  bounds: {
    value: 'B,B,…',
    description: 'what becomes of the bounds: kept, calibrated (anew) or numbers (default kept,calibrated)',
  },
  layers: { value: 'NAME', description: 'what learns: free (all layers), frozen (the last alone) or both (default)' },
  degrees: degreesOption(DEGREES),
});

function boundsFrom(options: Options): readonly string[] {
  const isBound = (text: string) => text === KEPT || text === 'calibrated' || Number(text) > 0;
  const bounds = options.text('bounds')?.split(',') ?? [KEPT, 'calibrated'];
  if (!bounds.every(isBound))
    options.refuse(`--bounds ${options.text('bounds')} is not a list of kept, calibrated and numbers`);
  return bounds;
}

function layersFrom(options: Options): readonly ('free' | 'frozen')[] {
  const choice = options.choice('layers', ['free', 'frozen', 'both']) ?? 'both';
  return choice === 'both' ? ['free', 'frozen'] : [choice];
}

/** The options of the first training, on the other data set. */
function firstSettings(options: Options): Settings {
  const name =
    options.choice('pretrain', datasets.names()) ??
    options.refuse('--pretrain NAME is needed: the data set to train on first');
  const training = options.with({}, specsOf(experimentOptions()));
  const { dataset } = dataSpecFrom(training);
  const [first, second] = [datasets.get(name), datasets.get(dataset)];
  const folder = options.text('pretrain-data');
  if (first.files !== undefined && folder === undefined) {
    options.refuse(`--pretrain ${name} needs --pretrain-data DIR, a folder with ${first.files}`);
  }
  if (first.inputShape && second.inputShape && String(first.inputShape) !== String(second.inputShape)) {
    options.refuse(
      `--pretrain ${name} has samples of ${first.inputShape.join('x')}, --dataset ${dataset} of ${second.inputShape.join('x')}: one network cannot take both`,
    );
  }
  const { widths } = modelSpecFrom(training, dataset);
  return {
    dataset: name,
    data: folder,
    'data-options': undefined,
    'train-samples': options.text('pretrain-samples'),
    epochs: options.text('pretrain-epochs') ?? options.text('epochs'),
    widths: widths.length > 0 ? widths.join(',') : undefined,
  };
}

/** How polynomials of a network that was trained before begin. */
function settingsOf(bounds: string): { readonly settings: Settings; readonly polynomials: 'kept' | 'new' } {
  // Where bounds and coefficients are those of the first training, any number will do.
  return bounds === KEPT
    ? { settings: { bound: '10' }, polynomials: 'kept' }
    : { settings: { bound: bounds }, polynomials: 'new' };
}

/** Short, so that a table in a terminal has room for what comes behind it. */
function boundsText(bounds: string): string {
  if (bounds === KEPT) return 'B kept';
  return bounds === 'calibrated' ? 'B anew' : `B = ${bounds}`;
}

/** `pnn transfer` */
export const transfer: Study = {
  name: 'transfer',
  summary: 'pre-train on one data set, fine-tune on another',
  description: `Trains on one data set, then goes on with another: with the bounds of the polynomials kept,
calibrated anew or given; with all layers learning, or the last one alone; and compares with a
training from scratch of the same steps.`,
  notes: `Both data sets have samples of one shape. Frozen layers keep their parameters; the running
statistics of BatchNorm follow the new data.

Examples:
  pnn transfer --pretrain digits --dataset mnist --data DIR --train-samples 2000
  pnn transfer --pretrain mnist --pretrain-data DIR --bounds kept,calibrated,6,10 --layers free`,
  options: optionSpecs,
  decides: ['degree', 'bound'],
  title: (options, dataset) => `From ${options.text('pretrain')} to ${dataset}`,
  trials: (builder, options) => {
    const first = firstSettings(options);
    return degreesFrom(options, DEGREES)
      .flatMap((degree) => {
        const common = { degree: `${degree}` };
        const starts = builder.start({ degree }, { ...first, ...common });
        const tuned = boundsFrom(options).flatMap((bounds) =>
          layersFrom(options).flatMap((layers) => {
            const { settings, polynomials } = settingsOf(bounds);
            const name = `${boundsText(bounds)}, ${layers}`;
            return builder.polynomial({ degree, start: name }, { ...common, ...settings }, (seed) => ({
              trial: starts[builder.seeds.indexOf(seed)]!.id,
              polynomials,
              frozen: layers === 'frozen',
            }));
          }),
        );
        return [...starts, ...tuned, ...builder.polynomial({ degree, start: 'from scratch' }, common)];
      })
      .concat(builder.twins());
  },
  sections: (outcome) => {
    const groups = polynomialGroups(outcome);
    const { title, format } = scoreAxis(outcome);
    const degrees = valuesOf(groups, 'degree');
    return [
      {
        heading: 'By start',
        lead: 'The training from scratch makes the same number of steps as the fine-tuning.',
        charts: [
          dotChart({
            id: 'score',
            title,
            subtitle: 'mean of the stable runs, one standard deviation',
            xLabel: '',
            xFormat: format,
            references: twinLine(outcome),
            series: degrees.map((degree, index) => ({ name: `degree ${degree}`, color: index + 1 })),
            rows: valuesOf(groups, 'start').map((start) => ({
              label: String(start),
              dots: degrees.map((degree) => scoreDot(groupWith(groups, { degree, start }))),
            })),
          }),
        ],
      },
    ];
  },
};
