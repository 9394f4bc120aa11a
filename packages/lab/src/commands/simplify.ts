import { join, resolve } from 'node:path';
import { saveNetwork } from '@pnn/models/node';
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
import { stopOnSignals } from '../cli/signals.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import { lineChart } from '../report/chart/line.js';
import type { Document, Remark } from '../report/document.js';
import { formatLoss, formatNumber, formatPercent, formatPoints, formatShare } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import { Simplification, type SimplificationOptions, type SimplificationRecord } from '../trained/simplification.js';
import { requirePolynomials, titleOf } from '../trained/trained-network.js';

const NETWORK_FILE = 'simplified.safetensors';

const DEFAULTS: SimplificationOptions = { tolerance: 0.003, depth: null, steps: 200, lr: 5e-4, minDegree: 2 };

function simplificationFrom(options: Options): SimplificationOptions {
  const points = options.number('tolerance', 'a number of 0 or more', (value) => value >= 0);
  return {
    tolerance: points === undefined ? DEFAULTS.tolerance : points / 100,
    depth: options.integer('depth', 1) ?? null,
    steps: options.integer('steps', 0) ?? DEFAULTS.steps,
    lr: options.positive('lr') ?? DEFAULTS.lr,
    minDegree: options.integer('min-degree', 1) ?? DEFAULTS.minDegree,
  };
}

function remarksOf({ points, chosen, stopped, depth, tolerance }: SimplificationRecord): Remark[] {
  const [first, taken] = [points[0]!, points[chosen]!];
  const difference =
    taken.accuracy === null
      ? `loss ${formatLoss(taken.loss)} instead of ${formatLoss(first.loss)}`
      : `accuracy ${formatPercent(taken.accuracy)} instead of ${formatPercent(first.accuracy)} on held-out samples`;
  const isDeepEnough = depth === null || taken.depth <= depth;
  const summary: Remark = isDeepEnough
    ? {
        tone: chosen === 0 ? 'bad' : 'good',
        text:
          chosen === 0
            ? `nothing simpler stays within ${formatNumber(100 * tolerance)} points`
            : `${taken.depth} levels instead of ${first.depth}, ${difference}`,
      }
    : {
        tone: 'bad',
        text: `${depth} levels were not reached: the simplest network takes ${taken.depth}, ${difference}`,
      };
  return stopped === null ? [summary] : [summary, { tone: 'bad', text: `fine-tuning was stopped: ${stopped}` }];
}

function documentOf(title: string, record: SimplificationRecord, data: string): Document {
  const { points, chosen, layers } = record;
  const first = points[0]!;
  const hasClasses = first.accuracy !== null;
  const curve = (of: (point: (typeof points)[number]) => number | null) =>
    points.map((point) => ({ x: point.depth, y: of(point) })).sort((a, b) => a.x - b.x);
  return {
    title,
    subtitle: `degrees of ${layers.join(', ')} lowered one after the other, with ${record.steps} steps of training after each`,
    sections: [
      {
        heading: 'Levels and accuracy',
        lead: `Levels are those of the whole network on ciphertexts. The samples held out of the training data choose; the test data (${data}) only judge. Every lowering comes with some training, from which the accuracy may also gain.`,
        remarks: remarksOf(record),
        table: {
          columns: [
            { heading: ['degrees'] },
            { heading: ['levels'] },
            { heading: ['held out'] },
            { heading: ['test'] },
            { heading: [hasClasses ? 'points to' : 'change of', 'the first'] },
            { heading: ['test', 'loss'] },
            { heading: ['outside,', 'worst layer'] },
            { heading: [''] },
          ],
          rows: points.map(({ degrees, depth, accuracy, loss, test }, i) => [
            { text: degrees.join(' ') },
            { text: formatNumber(depth) },
            { text: hasClasses ? formatPercent(accuracy) : formatLoss(loss) },
            { text: hasClasses ? formatPercent(test.accuracy) : formatLoss(test.loss), tone: 'strong' },
            {
              text: hasClasses
                ? formatPoints(test.accuracy! - first.test.accuracy!)
                : formatLoss(test.loss - first.test.loss),
            },
            { text: formatLoss(test.loss) },
            test.shareOutside === 0
              ? { text: 'none', tone: 'good' }
              : { text: formatShare(test.shareOutside), tone: 'bad' },
            { text: i === chosen ? 'written' : '', tone: 'strong' },
          ]),
        },
        charts: [
          lineChart({
            id: 'depth',
            title: hasClasses ? 'Accuracy' : 'Loss',
            subtitle: 'by levels on ciphertexts',
            xLabel: 'levels',
            ...(hasClasses && { yFormat: 'percent' as const }),
            yKind: 'linear',
            series: [
              { name: 'held out', color: 1, points: curve(({ accuracy, loss }) => accuracy ?? loss) },
              { name: 'test', color: 2, dash: 'dashed', points: curve(({ test }) => test.accuracy ?? test.loss) },
            ],
          }),
        ],
      },
    ],
  };
}

/** `pnn simplify` */
export const simplify: Command = {
  name: 'simplify',
  summary: 'lower the degrees of a trained network, to fewer levels on ciphertexts',
  positionals: ['MODEL'],
  description: `Lowers the degrees of a trained network one after the other: each time that of the polynomial whose
lower degree costs least, then trains a few steps. Writes the network with the fewest levels on
ciphertexts that loses no more accuracy than is allowed, and shows accuracy against levels.`,
  options: () => [
    { heading: 'Data', options: sampleOptions() },
    {
      heading: 'Simplification',
      options: {
        tolerance: {
          value: 'P',
          description: `percentage points of accuracy that it may cost (default ${100 * DEFAULTS.tolerance})`,
        },
        depth: { value: 'N', description: 'as few levels of the whole network as this, whatever it costs' },
        'min-degree': { value: 'N', description: `no polynomial gets a lower degree (default ${DEFAULTS.minDegree})` },
        steps: { value: 'N', description: `steps of training after each lowering (default ${DEFAULTS.steps})` },
        lr: { value: 'R', description: `their learning rate (default ${DEFAULTS.lr})` },
      },
    },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('simplify') },
  ],
  notes: `Ctrl-C, SIGTERM and SIGHUP end it after the step in progress, with the best of what was found.`,
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    const spec = requiredSampleSpecFrom(options);
    const simplification = simplificationFrom(options);
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    requirePolynomials(trained, 'simplify');
    const train = await loadSamples(trained, { ...spec, split: 'train', samples: null });
    const test = await loadSamples(trained, { ...spec, split: 'test' });
    const out = await outputFolderFrom(options, 'simplify');
    const written = join(out, NETWORK_FILE);
    if (resolve(written) === resolve(path)) options.refuse(`--out would write over ${path}: choose another folder`);
    const title = titleOf(trained);
    let bar: ProgressBar | undefined;
    const work = new Simplification(trained, { train, test }, simplification, {
      onStep(round, step, total) {
        if (step === 1 || !bar) bar = new ProgressBar(terminal, { total, label: `lowering ${round}` });
        bar.update(step);
      },
      onPoint({ degrees, depth, accuracy, loss }) {
        bar?.clear();
        const result = accuracy === null ? `loss ${formatLoss(loss)}` : formatPercent(accuracy);
        terminal.write(`degrees ${degrees.join(' ')}: ${depth} levels, held out ${result}\n`);
      },
    });
    const signals = stopOnSignals();
    try {
      const chosen = await work.run(signals.signal);
      bar?.clear();
      await saveNetwork(written, work.described);
      const { points, stopped } = work;
      const layers = trained.activations.map(([name]) => name);
      const record: SimplificationRecord = { model: path, written, layers, points, chosen, stopped, ...simplification };
      terminal.write('\n');
      await publish(
        { command: 'simplify', record, document: documentOf(title, record, `${spec.dataset}/test`) },
        out,
        terminal,
      );
      terminal.write(`Model:  ${written}\n`);
      return signals.signal.aborted ? signals.status : 0;
    } finally {
      signals.ignore();
    }
  },
};
