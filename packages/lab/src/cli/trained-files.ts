import { type DatasetSettings, loadDataset } from '@pnn/data';
import { folder } from '@pnn/data/node';
import { loadNetwork } from '@pnn/models/node';
import type { Dataset } from '@pnn/nn';
import { polynomialActivations } from '@pnn/pnn';
import { checkSamples, type TrainedNetwork } from '../trained/trained-network.js';

/**
 * Reads the file of a network.
 *
 * @throws FileError or FormatError as `loadNetwork`
 */
export async function loadTrained(path: string): Promise<TrainedNetwork> {
  const { network, description } = await loadNetwork(path);
  return { path, network, description, activations: polynomialActivations(network) };
}

/** Which samples of a data set a network is looked at with. */
export interface SampleSpec {
  /** The name of a registered data set. */
  readonly dataset: string;
  /** The absolute path of the folder of its files; null for data without files. */
  readonly folder: string | null;
  /** What was chosen about the data set, by the names of its options. */
  readonly settings: DatasetSettings;
  readonly split: 'train' | 'test';
  /** How many of its first samples; null for all. */
  readonly samples: number | null;
}

/**
 * Loads samples for a network.
 *
 * @throws ArgumentError if the network does not take such samples or has other classes
 */
export async function loadSamples(trained: TrainedNetwork, spec: SampleSpec): Promise<Dataset> {
  const { dataset, folder: files, settings, split, samples } = spec;
  const splits = await loadDataset(dataset, {
    source: files === null ? undefined : folder(files),
    settings,
    // Of the other part only as little as there must be.
    train: split === 'train' ? (samples ?? undefined) : 1,
    test: split === 'test' ? (samples ?? undefined) : 1,
  });
  checkSamples(trained, splits[split], dataset);
  return splits[split];
}
