import type { Command } from '../cli/command.js';
import { useDevice } from '../cli/devices.js';
import { publish } from '../cli/findings.js';
import { type ObservedRanges, rangesFromReport } from '../cli/observed-ranges.js';
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
import type { Terminal } from '../cli/terminal.js';
import { loadSamples, loadTrained } from '../cli/trained-files.js';
import { lineChart } from '../report/chart/line.js';
import type { Document, DocumentSection } from '../report/document.js';
import { formatCount, formatNumber, formatShare } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import type { Column } from '../report/terminal/layout.js';
import { evaluateTrained } from '../trained/evaluation.js';
import { type InspectionRecord, inspectTrained, type PolynomialRecord } from '../trained/inspection.js';
import { rangeRemarks } from '../trained/layer-table.js';
import { requirePolynomials, type TrainedNetwork, titleOf } from '../trained/trained-network.js';

function modulesSection({ modules }: InspectionRecord): DocumentSection {
  return {
    heading: 'Layers',
    table: {
      columns: [{ heading: ['layer'] }, { heading: ['kind'] }, { heading: ['parameters'] }, { heading: ['of'] }],
      rows: modules.map(({ name, kind, parameters, description }) => [
        { text: name },
        { text: kind },
        { text: formatCount(parameters) },
        { text: description },
      ]),
    },
  };
}

function polynomialsSection({ layers, data }: InspectionRecord): DocumentSection {
  const observed = layers.flatMap(({ name, bound, range }) => (range ? [{ name, bound, ...range }] : []));
  const columns: Column[] = [
    { heading: ['layer'] },
    { heading: ['target'] },
    { heading: ['degree'] },
    { heading: ['B'] },
    { heading: ['error', 'of fit'] },
    { heading: ['largest', '|x|'] },
    { heading: ['of B'] },
    { heading: ['inputs', 'outside'] },
  ];
  return {
    heading: 'Polynomials',
    lead: data === null ? 'Nothing is known of their inputs: name data to look with.' : `Inputs: ${data}.`,
    remarks:
      data === null
        ? [
            {
              tone: 'bad',
              text: 'nothing is known of the inputs: give --dataset to look with, or keep report.json beside the network',
            },
          ]
        : rangeRemarks(observed),
    table: {
      columns,
      rows: layers.map(({ name, target, degree, bound, error, polynomials, range }) => [
        { text: polynomials > 1 ? `${name} (first of ${polynomials} channels)` : name },
        { text: target },
        { text: formatNumber(degree) },
        { text: formatNumber(bound) },
        { text: formatNumber(error, 3, true) },
        { text: formatNumber(range?.maxAbs ?? null, 3, true) },
        { text: formatNumber(range ? range.maxAbs / bound : null, 3, true) },
        { text: range?.shareOutside === 0 ? 'none' : formatShare(range?.shareOutside ?? null) },
      ]),
    },
  };
}

function coefficientsSection({ layers }: InspectionRecord): DocumentSection {
  const terms = Math.max(...layers.map(({ coefficients }) => coefficients.length));
  return {
    heading: 'Coefficients',
    lead: 'p(x) = Σ c_k T_k(x/B) with the Chebyshev polynomials T_k.',
    table: {
      columns: [{ heading: ['k'] }, ...layers.map(({ name }) => ({ heading: [name] }))],
      rows: Array.from({ length: terms }, (_, k) => [
        { text: `${k}` },
        ...layers.map(({ coefficients }) => ({ text: formatNumber(coefficients[k] ?? 0, 6) })),
      ]),
    },
  };
}

function schemesSection({ layers, depth }: InspectionRecord): DocumentSection {
  return {
    heading: 'On ciphertexts',
    lead: `What one evaluation of each polynomial costs. A level is a multiplication, by a known number too; with one level for each linear layer, the network takes ${depth} on its longest path (normalization and average pooling are folded into the layers beside them).`,
    remarks: [
      {
        tone: 'good',
        text: `the whole network takes ${depth} levels on its longest path by the schemes with the fewest`,
      },
    ],
    table: {
      columns: [
        { heading: ['layer and scheme'] },
        { heading: ['levels'] },
        { heading: ['products of', 'ciphertexts'] },
        { heading: ['products by', 'known numbers'] },
      ],
      rows: layers.flatMap(({ name, schemes }) =>
        schemes.map((cost) => [
          { text: `${name}: ${cost.scheme}` },
          { text: formatNumber(cost.depth) },
          { text: formatNumber(cost.multiplications) },
          { text: formatNumber(cost.scalings) },
        ]),
      ),
    },
  };
}

function lowerSection({ layers }: InspectionRecord): DocumentSection {
  const points = ({ degree, error, lower }: PolynomialRecord) =>
    [...lower.map((each) => ({ x: each.degree, y: each.error })), { x: degree, y: error }].sort((a, b) => a.x - b.x);
  return {
    heading: 'What lower degrees would save',
    lead: 'The highest degree of each smaller number of levels, fitted on the same range: what it saves in this layer, and the largest error of its fit. pnn simplify finds out what that costs in accuracy.',
    table: {
      columns: [
        { heading: ['layer'] },
        { heading: ['degree'] },
        { heading: ['levels', 'saved'] },
        { heading: ['products of', 'ciphertexts saved'] },
        { heading: ['error', 'of fit'] },
      ],
      rows: layers.flatMap(({ name, lower }) =>
        lower.map((each) => [
          { text: name },
          { text: formatNumber(each.degree) },
          { text: formatNumber(each.savedLevels) },
          { text: formatNumber(each.savedMultiplications) },
          { text: formatNumber(each.error, 3, true) },
        ]),
      ),
    },
    charts: [
      lineChart({
        id: 'lower',
        title: 'Error of the fit',
        subtitle: 'by degree',
        xLabel: 'degree',
        series: layers.map((layer, i) => ({ name: layer.name, color: i + 1, points: points(layer) })),
        yInclude: [0],
      }),
    ],
  };
}

function documentOf(title: string, record: InspectionRecord): Document {
  return {
    title,
    subtitle: `${formatCount(record.parameters)} parameters, ${record.depth} levels on ciphertexts`,
    sections: [modulesSection, polynomialsSection, coefficientsSection, schemesSection, lowerSection].map((section) =>
      section(record),
    ),
  };
}

/** The ranges on the data that the options name, or else those of the report beside the network. */
async function observe(
  options: Options,
  trained: TrainedNetwork,
  terminal: Terminal,
): Promise<ObservedRanges | undefined> {
  const spec = sampleSpecFrom(options);
  if (!spec) return rangesFromReport(trained);
  const dataset = await loadSamples(trained, spec);
  const bar = new ProgressBar(terminal, { total: dataset.length, label: 'samples' });
  const data = `${spec.dataset}/${spec.split}`;
  const { layers } = await evaluateTrained(trained, dataset, data, (done) => bar.update(done));
  bar.clear();
  return { ranges: layers.map(({ maxAbs, q999, shareOutside }) => ({ maxAbs, q999, shareOutside })), data };
}

/** `pnn inspect` */
export const inspect: Command = {
  name: 'inspect',
  summary: 'look into a trained network: polynomials, ranges, cost on ciphertexts',
  positionals: ['MODEL'],
  description: `Shows the layers of a trained network, its polynomials with their coefficients and errors, how far
their inputs reach, what each costs on ciphertexts by several schemes, and what a lower degree would
save. Without --dataset the ranges are those of the test data in the report beside the network.`,
  options: () => [
    { heading: 'Data', options: sampleOptions() },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('inspect') },
  ],
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    requirePolynomials(trained, 'inspect');
    const observed = await observe(options, trained, terminal);
    const out = await outputFolderFrom(options, 'inspect');
    const record = await inspectTrained(trained, observed?.ranges ?? null, observed?.data ?? null);
    await publish({ command: 'inspect', record, document: documentOf(titleOf(trained), record) }, out, terminal);
    return 0;
  },
};
