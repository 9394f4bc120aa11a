import { ArgumentError, type Dataset, type InputArrays, type LabelArrays, type Shape } from '@pnn/nn';

/** Chosen samples of a data set, in the order in which they were chosen; nothing is copied. */
export class Subset implements Dataset {
  readonly length: number;
  readonly inputShape: Shape;
  readonly inputType: keyof InputArrays;
  readonly labelShape: Shape;
  readonly labelType: keyof LabelArrays;
  readonly classes: readonly string[] | undefined;
  readonly #dataset: Dataset;
  readonly #indices: Int32Array;

  /** @throws ArgumentError if there is no index, or one is that of no sample */
  constructor(dataset: Dataset, indices: ArrayLike<number>) {
    const wrong = Array.from(indices).find((i) => !(Number.isInteger(i) && i >= 0 && i < dataset.length));
    if (wrong !== undefined) {
      throw new ArgumentError(`Subset: sample ${wrong} is none of the ${dataset.length} that there are`);
    }
    if (indices.length === 0) throw new ArgumentError('Subset: no sample is chosen');
    this.#dataset = dataset;
    this.#indices = Int32Array.from(indices);
    this.length = indices.length;
    this.inputShape = dataset.inputShape;
    this.inputType = dataset.inputType;
    this.labelShape = dataset.labelShape;
    this.labelType = dataset.labelType;
    this.classes = dataset.classes;
  }

  /** @throws ArgumentError if an index is not one of a sample */
  read(
    indices: ArrayLike<number>,
    inputs: InputArrays[keyof InputArrays],
    labels: LabelArrays[keyof LabelArrays],
  ): void {
    const chosen = Int32Array.from(indices, (i) => {
      const index = this.#indices[i];
      if (index !== undefined) return index;
      throw new ArgumentError(`Subset.read: sample ${i} is none of the ${this.length} that there are`);
    });
    this.#dataset.read(chosen, inputs, labels);
  }
}
