import type { Command } from '../cli/command.js';
import { useDevice } from '../cli/devices.js';
import { publish } from '../cli/findings.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import {
  importFrom,
  outputFolderFrom,
  outputOptions,
  positionalFrom,
  sampleOptions,
  sampleSpecFrom,
} from '../cli/option-groups/trained.js';
import type { Options } from '../cli/options.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import { lineChart } from '../report/chart/line.js';
import type { Document, DocumentSection, Remark } from '../report/document.js';
import { formatCount, formatNumber } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import {
  type CertificationRecord,
  type CertifiedLayer,
  CONFIDENCE,
  certifyTrained,
  type Progress,
  type StatisticalRecord,
} from '../trained/certification.js';
import { requirePolynomials, type TrainedNetwork, titleOf } from '../trained/trained-network.js';

/** Inputs that are searched for each layer. */
const SEARCHES = 10;

const VERDICTS: Readonly<Record<CertifiedLayer['verdict'], { text: string; tone?: 'good' | 'bad' }>> = {
  inside: { text: 'proven inside', tone: 'good' },
  leaves: { text: 'can be left', tone: 'bad' },
  open: { text: 'not known' },
};

/** The ends of the box. */
function boxFrom(options: Options, { description, path }: TrainedNetwork): readonly [number, number] {
  const text = options.text('box');
  if (text === undefined) {
    if (description.inputType === 'uint8') return [0, 1];
    return options.refuse(`${path} takes numbers, not pixels: give --box LOW,HIGH, the ends of what they may be`);
  }
  const [low = Number.NaN, high = Number.NaN, ...more] = text
    .split(',')
    .map((end) => (end.trim() === '' ? Number.NaN : Number(end)));
  if (Number.isFinite(low) && Number.isFinite(high) && low < high && more.length === 0) return [low, high];
  return options.refuse(`--box ${text} is not of the form LOW,HIGH`);
}

function remarkOf({ layers, box, searches }: CertificationRecord): Remark {
  const [low, high] = box;
  const leaving = layers.filter(({ verdict }) => verdict === 'leaves');
  const open = layers.filter(({ verdict }) => verdict === 'open');
  const inputs = `inputs from ${formatNumber(low)} to ${formatNumber(high)}`;
  if (leaving.length > 0) {
    const names = leaving.map(({ name, reached }) => `${name} (${formatNumber(reached, 3)} B)`).join(', ');
    return { tone: 'bad', text: `an input can leave the range: ${inputs} were found that drive ${names} outside` };
  }
  if (open.length > 0) {
    const names = open.map(({ name }) => name).join(', ');
    return {
      tone: 'bad',
      text: `not known for ${names}: the proven bounds lie outside, and ${formatCount(searches)} searches have not left the range`,
    };
  }
  return { tone: 'good', text: `proven: none of all ${inputs} drives a polynomial outside of its range` };
}

function provenSection(record: CertificationRecord): DocumentSection {
  const { layers, box, searches } = record;
  const shown = (value: number) => `${formatNumber(value, 3, true)} B`;
  return {
    heading: 'Whatever the input',
    lead: `Of all inputs whose elements lie from ${formatNumber(box[0])} to ${formatNumber(box[1])}: the largest |x| that is possible, proven by interval arithmetic and by affine arithmetic with it, rounding included; and the largest that gradient ascent from ${formatCount(searches)} starts has reached. Beyond B a polynomial grows like a power of its degree, and so do the bounds of the layers behind.`,
    remarks: [remarkOf(record)],
    table: {
      columns: [
        { heading: ['layer'] },
        { heading: ['B'] },
        { heading: ['proven by', 'intervals'] },
        { heading: ['proven by', 'affine forms'] },
        { heading: ['reached by', 'search'] },
        { heading: ['[−B, B]'] },
      ],
      rows: layers.map(({ name, bound, byIntervals, proven, reached, verdict }) => [
        { text: name },
        { text: formatNumber(bound) },
        { text: shown(byIntervals) },
        { text: shown(proven), tone: 'strong' },
        { text: shown(reached) },
        VERDICTS[verdict],
      ]),
    },
    charts: [
      lineChart({
        id: 'reach',
        title: 'Largest |x| of B',
        subtitle: 'layer by layer',
        xLabel: 'layer',
        yKind: 'log',
        series: [
          {
            name: 'proven, intervals',
            color: 2,
            dash: 'dashed',
            points: layers.map(({ byIntervals: y }, i) => ({ x: i + 1, y })),
          },
          { name: 'proven, affine', color: 1, points: layers.map(({ proven: y }, i) => ({ x: i + 1, y })) },
          { name: 'reached by search', color: 3, points: layers.map(({ reached: y }, i) => ({ x: i + 1, y })) },
        ],
        references: [{ label: 'B', value: 1 }],
      }),
    ],
  };
}

/** Of a million. */
const perMillion = (share: number) => formatNumber(share * 1e6, 3);

function statisticalSection({ layers, network, data }: CertificationRecord): DocumentSection[] {
  if (!network) return [];
  const rows: [string, StatisticalRecord][] = [
    ...layers.flatMap(({ name, statistics }): [string, StatisticalRecord][] =>
      statistics ? [[name, statistics]] : [],
    ),
    ['the network', network],
  ];
  return [
    {
      heading: 'Inputs like these',
      lead: `${data}, ${formatCount(network.samples)} samples: how many of a million others of the same distribution leave a range, with ${100 * CONFIDENCE}% confidence, by the count of those that did (Clopper and Pearson) and by a generalized Pareto distribution fitted to the tenth that reaches farthest, as far as it holds; every line is counted and fitted by itself. ξ above 0 is a heavy tail, below 0 one that ends.`,
      remarks: [
        network.outside === 0
          ? {
              tone: 'good',
              text: `with ${100 * CONFIDENCE}% confidence at most ${perMillion(network.upper)} of a million inputs like these leave a range`,
            }
          : {
              tone: 'bad',
              text: `${formatCount(network.outside)} of ${formatCount(network.samples)} samples left a range: with ${100 * CONFIDENCE}% confidence at most ${perMillion(network.upper)} of a million do`,
            },
      ],
      table: {
        columns: [
          { heading: ['layer'] },
          { heading: ['samples', 'outside'] },
          { heading: ['of a million', 'at most'] },
          { heading: ['by the tail'] },
          { heading: ['at most,', 'by the tail'] },
          { heading: ['ξ'] },
        ],
        rows: rows.map(([name, { outside, upper, tail }]) => [
          { text: name },
          { text: formatCount(outside), tone: outside === 0 ? ('good' as const) : ('bad' as const) },
          { text: perMillion(upper), tone: 'strong' as const },
          { text: tail ? perMillion(tail.probability) : '–' },
          { text: tail ? perMillion(tail.upper) : '–' },
          { text: tail ? formatNumber(tail.shape, 2) : '–' },
        ]),
      },
    },
  ];
}

/** Draws one bar after the other. */
function progressOn(terminal: Parameters<Command['run']>[1]): { progress: Progress; clear: () => void } {
  let bar: ProgressBar | undefined;
  let current = '';
  return {
    progress(label, done, total) {
      const key = `${label} ${total}`;
      if (key !== current) {
        bar?.clear();
        bar = new ProgressBar(terminal, { total, label });
        current = key;
      }
      bar!.update(done);
    },
    clear: () => bar?.clear(),
  };
}

/** `pnn certify` */
export const certify: Command = {
  name: 'certify',
  summary: 'can an input leave the range of a polynomial? proven, searched and counted',
  positionals: ['MODEL'],
  description: `Proves how far the inputs of every polynomial of a trained network can reach, whatever the input,
by interval and affine arithmetic; searches inputs that reach far; and, with --dataset, says how
many of a million inputs like those leave a range at most, with 99% confidence.`,
  options: () => [
    { heading: 'Held-out data', options: sampleOptions() },
    {
      heading: 'Inputs',
      options: {
        box: {
          value: 'LOW,HIGH',
          description: 'what elements of an input may be, before normalization (default 0,1 for pixels)',
        },
        searches: { value: 'N', description: `inputs that are searched for each layer (default ${SEARCHES})` },
      },
    },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('certify') },
  ],
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    const spec = sampleSpecFrom(options);
    const searches = options.integer('searches', 1, 10_000) ?? SEARCHES;
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    requirePolynomials(trained, 'certify');
    const box = boxFrom(options, trained);
    const heldOut = spec && { dataset: await loadSamples(trained, spec), data: `${spec.dataset}/${spec.split}` };
    const out = await outputFolderFrom(options, 'certify');
    const { progress, clear } = progressOn(terminal);
    const record = await certifyTrained(trained, box, searches, heldOut ?? null, progress);
    clear();
    const document: Document = {
      title: titleOf(trained),
      subtitle: 'how far the inputs of its polynomials reach',
      sections: [provenSection(record), ...statisticalSection(record)],
    };
    await publish({ command: 'certify', record, document }, out, terminal);
    return 0;
  },
};
