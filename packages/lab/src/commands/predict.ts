import { datasets } from '@pnn/data';
import type { Command } from '../cli/command.js';
import { useDevice } from '../cli/devices.js';
import { publish } from '../cli/findings.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import { importFrom, outputFolderFrom, outputOptions, positionalFrom } from '../cli/option-groups/trained.js';
import { ownName } from '../cli/own-modules.js';
import { readSamples, sampleFileKinds } from '../cli/sample-files.js';
import { loadTrained } from '../cli/trained-files.js';
import type { Document, Remark } from '../report/document.js';
import { formatCount, formatNumber, formatPercent } from '../report/format.js';
import { ProgressBar } from '../report/index.js';
import { type PredictionRecord, predictSamples } from '../trained/prediction.js';
import { type TrainedNetwork, titleOf } from '../trained/trained-network.js';

/** Classes shown of a sample. */
const SHOWN = 3;

const nameOf = ({ file, index }: PredictionRecord, isAlone: boolean) => (isAlone ? file : `${file} ${index}`);

function answerOf({ outputs }: PredictionRecord, classes: readonly string[] | null): string {
  if (!classes) return outputs.map((value) => formatNumber(value)).join(', ');
  return outputs
    .map((probability, i) => ({ probability, name: classes[i]! }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, SHOWN)
    .map(({ probability, name }) => `${name} ${formatPercent(probability, 1)}`)
    .join('  ');
}

function remarksOf(
  { activations }: TrainedNetwork,
  records: readonly PredictionRecord[],
  names: readonly string[],
): Remark[] {
  return records.flatMap(({ reach }, i) =>
    reach.flatMap((share, layer): Remark[] =>
      share <= 1
        ? []
        : [
            {
              tone: 'bad',
              text: `${names[i]} drives ${activations[layer]![0]} to ${formatNumber(share, 3)} B, outside of its range: do not trust this answer`,
            },
          ],
    ),
  );
}

function documentOf(trained: TrainedNetwork, records: readonly PredictionRecord[]): Document {
  const { classes } = trained.description;
  const counts = new Map<string, number>();
  for (const { file } of records) counts.set(file, (counts.get(file) ?? 0) + 1);
  const names = records.map((record) => nameOf(record, counts.get(record.file) === 1));
  const hasReach = trained.activations.length > 0;
  return {
    title: titleOf(trained),
    subtitle: `${formatCount(records.length)} ${records.length === 1 ? 'sample' : 'samples'}`,
    sections: [
      {
        heading: 'Predictions',
        remarks: remarksOf(trained, records, names),
        table: {
          columns: [
            { heading: ['sample'] },
            { heading: [classes ? 'most probable' : 'predicted'] },
            ...(hasReach ? [{ heading: ['largest', '|x| of B'] }] : []),
          ],
          rows: records.map((record, i) => {
            const reach = Math.max(...record.reach);
            return [
              { text: names[i]! },
              { text: answerOf(record, classes) },
              ...(hasReach
                ? [{ text: formatNumber(reach, 3, true), tone: reach > 1 ? ('bad' as const) : ('good' as const) }]
                : []),
            ];
          }),
        },
      },
    ],
  };
}

/** `pnn predict` */
export const predict: Command = {
  name: 'predict',
  summary: 'what a trained network makes of samples in files',
  positionals: ['MODEL', 'FILE…'],
  description: `Reads samples from files (${sampleFileKinds}) and prints
what a trained network makes of them, with a warning where a sample drives a polynomial out of its
range. Pixels are bytes, or numbers from 0 to 1; other numbers are those of the training data before
normalization. A data set makes samples of sounds, as it does of its own.`,
  options: () => [
    {
      heading: 'Data',
      options: {
        dataset: {
          value: 'NAME|FILE',
          description: 'data set that makes samples of sounds (default the one whose samples have this shape)',
        },
      },
    },
    { heading: 'Device', options: deviceOptions() },
    { heading: 'Output', options: outputOptions('predict') },
  ],
  notes: `Example:
  pnn predict runs/mine/polynomial.safetensors digit.npy`,
  async run(options, terminal) {
    await importFrom(options);
    const path = positionalFrom(options, 0, 'MODEL, the file of a network,');
    positionalFrom(options, 1, 'FILE, a file with samples,');
    const files = options.positionals.slice(1);
    const dataset = ownName(options, 'dataset', datasets);
    await useDevice(deviceSpecFrom(options));
    const trained = await loadTrained(path);
    const inputs = await Promise.all(files.map((file) => readSamples(file, trained.description, dataset)));
    const out = await outputFolderFrom(options, 'predict');
    const bar = new ProgressBar(terminal, { total: files.length, label: 'files' });
    const records: PredictionRecord[] = [];
    for (const [i, samples] of inputs.entries()) {
      records.push(...(await predictSamples(trained, samples, files[i]!)));
      bar.update(i + 1);
    }
    bar.clear();
    const { activations, description } = trained;
    const record = {
      model: path,
      classes: description.classes ?? [],
      layers: activations.map(([name, { bound }]) => ({ name, bound })),
      predictions: records,
    };
    await publish({ command: 'predict', record, document: documentOf(trained, records) }, out, terminal);
    return 0;
  },
};
