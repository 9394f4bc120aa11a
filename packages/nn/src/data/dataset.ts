import type { Shape } from '@pnn/tensor';

/** The typed array that holds inputs of each type. Bytes become numbers when a batch is made: byte / 255; int32 stays. */
export interface InputArrays {
  readonly uint8: Uint8Array;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** The typed array that holds labels of each type: classes (int32), or numbers to predict. */
export interface LabelArrays {
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/**
 * Samples and their labels, read by position: all that a `DataLoader` asks for. Where they are kept is up to
 * the implementation: in arrays (`ArrayDataset`), in a file that is mapped to memory, as windows of a longer recording, or
 * nowhere, if they are computed.
 *
 * Reading is synchronous, so that a loop over batches is one too and can run inside of `scope()`, which ends at the
 * first `await`. Data that takes waiting for, such as a download, is loaded before the data set is made.
 */
export interface Dataset<
  Input extends keyof InputArrays = keyof InputArrays,
  Label extends keyof LabelArrays = keyof LabelArrays,
> {
  /** The number of samples, 1 or more. */
  readonly length: number;
  /** The shape of one sample: [C,H,W] for an image, [C,T] for a recording or a window of one, [F] for a row. */
  readonly inputShape: Shape;
  readonly inputType: Input;
  /** The shape of one label: [] for a single number. */
  readonly labelShape: Shape;
  readonly labelType: Label;
  /** The names of the classes, if labels are classes; a label is a position in them. */
  readonly classes?: readonly string[] | undefined;
  /**
   * Copies samples one after another, in row-major order, and their labels as well.
   *
   * @param indices which ones, from 0 to length − 1, in any order
   * @param inputs takes exactly these samples; every element must be written, as it holds those of another batch
   * @param labels takes exactly their labels, likewise
   */
  read(indices: ArrayLike<number>, inputs: InputArrays[Input], labels: LabelArrays[Label]): void;
}
