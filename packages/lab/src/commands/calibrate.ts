import { join, resolve } from 'node:path';
import { saveNetwork } from '@pnn/models/node';
import { defaultPolynomial } from '@pnn/pnn';
import type { Command } from '../cli/command.js';
import { useDevice } from '../cli/devices.js';
import { publish } from '../cli/findings.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import {
  importFrom,
  outputFolderFrom,
  outputOptions,
  positionalFrom,
  requiredSampleSpecFrom,
  sampleOptions,
} from '../cli/option-groups/trained.js';
import type { Options } from '../cli/options.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import type { Document, Remark } from '../report/document.js';
import { formatCount, formatLoss, formatNumber, formatPercent, formatShare } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import type { Cell, Column } from '../report/terminal/layout.js';
import { type EvaluationRecord, evaluateTrained } from '../trained/evaluation.js';
import { rangesSection } from '../trained/layer-table.js';
import {
  type CalibrationRecord,
  describedAfter,
  hasLearnedCoefficients,
  type RecalibrationOptions,
  recalibrate,
  sampleOf,
} from '../trained/recalibration.js';
import { requirePolynomials, titleOf } from '../trained/trained-network.js';

/** Training samples that bounds are based on. */
const SAMPLES = 500;

const NETWORK_FILE = 'calibrated.safetensors';

const bounds = defaultPolynomial.bound as Extract<typeof defaultPolynomial.bound, { kind: 'calibrated' }>;

function recalibrationFrom(options: Options): RecalibrationOptions {
  return {
    quantile: options.number('quantile', 'a number above 0, up to 1', (q) => q > 0 && q <= 1) ?? bounds.quantile,
    margin: options.positive('margin') ?? bounds.margin,
    density: !options.has('evenly'),
  };
}

function documentOf(title: string, record: CalibrationRecord, remarks: readonly Remark[]): Document {
  const { before, after, quantile, margin, basedOn } = record;
  const columns: Column[] = [{ heading: [''] }, { heading: ['before'] }, { heading: ['after'] }];
  const row = (text: string, of: (evaluation: EvaluationRecord) => Cell): Cell[] => [{ text }, of(before), of(after)];
  return {
    title,
    subtitle: `bounds: ${margin} times the quantile ${quantile} of |x|, from ${formatCount(basedOn)} training samples`,
    sections: [
      {
        heading: 'Before and after',
        lead: `Measured on ${after.data}, ${formatCount(after.samples)} samples.`,
        remarks,
        table: {
          columns,
          rows: [
            ...(after.accuracy === null
              ? []
              : [row('accuracy', ({ accuracy }) => ({ text: formatPercent(accuracy) }))]),
            row('loss', ({ loss }) => ({ text: formatLoss(loss) })),
            ...after.layers.flatMap(({ name }, i) => [
              row(`${name}: B`, ({ layers }) => ({ text: formatNumber(layers[i]!.bound) })),
              row(`${name}: largest |x| of B`, ({ layers }) => ({
                text: formatNumber(layers[i]!.maxAbs / layers[i]!.bound, 3, true),
              })),
              row(`${name}: inputs outside`, ({ layers }) => {
                const { shareOutside } = layers[i]!;
                return shareOutside === 0
                  ? { text: 'none', tone: 'good' }
                  : { text: formatShare(shareOutside), tone: 'bad' };
              }),
            ]),
          ],
        },
      },
      { ...rangesSection(after.layers), heading: 'Inputs of the polynomials, after' },
    ],
  };
}

/** `pnn calibrate` */
export const calibrate: Command = {
  name: 'calibrate',
  summary: 'give the polynomials of a trained network new bounds, from data',
  positionals: ['MODEL'],
  description: `Chooses the bound B of every polynomial anew, from its inputs on training samples, and fits it again
on [-B, B]. Writes a new network file, and shows how the network did before and does after on the
samples of --split.`,
  options: () => [
    { heading: 'Data', options: sampleOptions() },
    {
      heading: 'Bounds',
      options: {
        quantile: { value: 'Q', description: `the quantile of |x| that B is based on (default ${bounds.quantile})` },
        margin: { value: 'M', description: `B as a multiple of that quantile (default ${bounds.margin})` },
        from: { value: 'N', description: `random training samples that it is taken from (default ${SAMPLES})` },
        evenly: { description: 'fit all of [-B, B] evenly, instead of by how often inputs occur' },
      },
    },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('calibrate') },
  ],
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    const spec = requiredSampleSpecFrom(options);
    const recalibration = recalibrationFrom(options);
    const from = options.integer('from', 1) ?? SAMPLES;
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    requirePolynomials(trained, 'calibrate');
    const samples = sampleOf(await loadSamples(trained, { ...spec, split: 'train', samples: null }), from);
    const dataset = await loadSamples(trained, spec);
    const out = await outputFolderFrom(options, 'calibrate');
    const written = join(out, NETWORK_FILE);
    if (resolve(written) === resolve(path)) options.refuse(`--out would write over ${path}: choose another folder`);
    const evaluated = async (label: string) => {
      const bar = new ProgressBar(terminal, { total: dataset.length, label });
      const data = `${spec.dataset}/${spec.split}`;
      const record = await evaluateTrained(trained, dataset, data, (done) => bar.update(done));
      bar.clear();
      return record;
    };
    const title = titleOf(trained);
    const before = await evaluated('before');
    await recalibrate(trained, samples, recalibration);
    const after = await evaluated('after');
    await saveNetwork(written, describedAfter(trained, recalibration));
    const remarks: Remark[] = hasLearnedCoefficients(trained)
      ? [{ tone: 'good', text: 'the coefficients were learned: the polynomials are the same, on other ranges' }]
      : [];
    const record = { model: path, written, basedOn: samples.length, ...recalibration, before, after };
    await publish({ command: 'calibrate', record, document: documentOf(title, record, remarks) }, out, terminal);
    terminal.write(`Model:  ${written}\n`);
    return 0;
  },
};
