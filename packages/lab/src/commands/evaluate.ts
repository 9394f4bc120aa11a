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
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import { matrixChart } from '../report/chart/matrix.js';
import type { Document, DocumentSection } from '../report/document.js';
import { formatCount, formatLoss, formatPercent } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import { type EvaluationRecord, evaluateTrained } from '../trained/evaluation.js';
import { rangesSection } from '../trained/layer-table.js';
import { titleOf } from '../trained/trained-network.js';

function resultSection({ accuracy, loss, samples }: EvaluationRecord): DocumentSection {
  return {
    heading: 'Result',
    table: {
      columns: [{ heading: ['of all samples'] }, { heading: ['value'] }],
      rows: [
        ...(accuracy === null
          ? []
          : [[{ text: 'accuracy' }, { text: formatPercent(accuracy), tone: 'strong' as const }]]),
        [{ text: 'loss' }, { text: formatLoss(loss) }],
        [{ text: 'samples' }, { text: formatCount(samples) }],
      ],
    },
  };
}

function classesSection({ classes, confusion }: EvaluationRecord): DocumentSection {
  const taken = classes.map((_, j) => confusion.reduce((sum, row) => sum + row[j]!, 0));
  return {
    heading: 'Classes',
    lead: 'Of a class, how many samples were recognized; of those taken for it, how many belong to it.',
    table: {
      columns: [
        { heading: ['class'] },
        { heading: ['samples'] },
        { heading: ['recognized'] },
        { heading: ['of those', 'taken for it'] },
        { heading: ['mostly', 'mistaken for'] },
      ],
      rows: classes.map((name, i) => {
        const row = confusion[i]!;
        const total = row.reduce((sum, count) => sum + count, 0);
        const share = (of: number) => (of === 0 ? null : row[i]! / of);
        const others = row.map((count, j) => (j === i ? 0 : count));
        const worst = Math.max(...others);
        return [
          { text: name },
          { text: formatCount(total) },
          { text: formatPercent(share(total)) },
          { text: formatPercent(share(taken[i]!)) },
          { text: worst > 0 ? `${classes[others.indexOf(worst)]} (${formatCount(worst)})` : '–' },
        ];
      }),
    },
    charts: [
      matrixChart({
        id: 'confusion',
        title: 'Confusion matrix',
        subtitle: 'samples',
        rowLabel: 'class',
        columnLabel: 'taken for',
        names: classes,
        counts: confusion,
      }),
    ],
  };
}

function documentOf(title: string, record: EvaluationRecord): Document {
  return {
    title,
    subtitle: `${record.data}, ${formatCount(record.samples)} samples`,
    sections: [
      resultSection(record),
      ...(record.classes.length > 0 ? [classesSection(record)] : []),
      ...(record.layers.length > 0 ? [rangesSection(record.layers)] : []),
    ],
  };
}

/** `pnn evaluate` */
export const evaluate: Command = {
  name: 'evaluate',
  summary: 'test a trained network on data',
  positionals: ['MODEL'],
  description: `Runs a trained network over samples: accuracy and loss, which classes are taken for which, and
how far the inputs of every polynomial reach. Prints tables and writes them as HTML and JSON.`,
  options: () => [
    { heading: 'Data', options: sampleOptions() },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('evaluate') },
  ],
  notes: `Examples:
  pnn evaluate runs/mine/polynomial.safetensors --dataset mnist --data DIR
  pnn evaluate MODEL --dataset mnist --data DIR --split train --samples 1000`,
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    const spec = requiredSampleSpecFrom(options);
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    const dataset = await loadSamples(trained, spec);
    const out = await outputFolderFrom(options, 'evaluate');
    const bar = new ProgressBar(terminal, { total: dataset.length, label: 'samples' });
    const record = await evaluateTrained(trained, dataset, `${spec.dataset}/${spec.split}`, (done) => bar.update(done));
    bar.clear();
    await publish({ command: 'evaluate', record, document: documentOf(titleOf(trained), record) }, out, terminal);
    return 0;
  },
};
