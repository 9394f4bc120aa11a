import type { Shape } from '@pnn/nn';
import type { DatasetOption, DatasetSettings } from './dataset-options.js';
import type { FileSource } from './file-source.js';
import type { PublishedFile } from './published-file.js';
import type { DatasetSplits } from './splits.js';

/** How many samples are wanted of each split; undefined for all that there are. */
export interface SampleCounts {
  readonly train?: number | undefined;
  readonly test?: number | undefined;
}

/** A data set that is chosen by name, and what a training on it starts from. */
export interface DatasetEntry {
  readonly name: string;
  /** What it is, in a few words for a list. */
  readonly summary: string;
  /** The shape of one sample, if it is known before the data are loaded: so that a model can be refused at once. */
  readonly inputShape?: Shape;
  /** Which files it is read from and where they come from, as in `put … there`; left out for data without files. */
  readonly files?: string;
  /** The same files as they can be downloaded; left out if there are none, or they are your own. */
  readonly published?: readonly PublishedFile[];
  /** What can be chosen about it, by name; left out if there is nothing to choose. */
  readonly options?: Readonly<Record<string, DatasetOption>>;
  /** What suits it better than the defaults of every training. */
  readonly training?: {
    readonly epochs?: number;
    readonly batchSize?: number;
    readonly lr?: number;
    /** The decay of the average of the weights that the training ends with: where few samples, or fast coefficients, make steps differ. */
    readonly averageDecay?: number;
    /** How much faster than weights learned coefficients of polynomials learn: more than 1 where they must move far in few steps. */
    readonly coefficientRate?: number;
  };
  /**
   * How far calibrated bounds of polynomials reach beyond the inputs seen in training, as a factor: more than by default where test
   * samples go further, since they are of other people.
   */
  readonly margin?: number;
  /**
   * α, the share of a calibrated B at which the boundary loss begins: less than by default where test samples go further, as with
   * `margin`.
   */
  readonly alpha?: number;
  /** The name of the model that suits it better than the default one, which is for images. */
  readonly model?: string;
  /** Widths of models, by their names, that suit it better than those of the model. */
  readonly widths?: Readonly<Record<string, readonly number[]>>;
  /**
   * The data set of the paper whose settings fit.
   *
   * @default the name
   */
  readonly preset?: string;
  /**
   * What makes one sample of `inputShape` of the bytes of a file, by the end of its name such as `.wav`: so that a network can be
   * asked about files of the same kind as those of the data set. Left out where the numbers of a file are the sample.
   *
   * @throws FormatError if the file is damaged
   */
  readonly fileReaders?: Readonly<Record<string, (bytes: Uint8Array, path: string) => Float32Array>>;
  /**
   * Loads or makes the data. More samples than are wanted may come; they are left out.
   *
   * @param source the user's folder; only read by data sets with `files`
   * @param settings what was chosen of `options`, with values that are among the choices
   * @throws ArgumentError or FormatError if files are missing or damaged
   */
  readonly load: (source: FileSource, counts: SampleCounts, settings: DatasetSettings) => Promise<DatasetSplits>;
}
