import { ArgumentError, formatShape, type Shape, ShapeError, sizeOf } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { Dataset, InputArrays, LabelArrays } from './dataset.js';

/** What an ArrayDataset is made of. */
export interface ArrayDatasetContent {
  /** All samples one after another; bytes are taken as pixels and become byte / 255 in a batch. Indices are int32. */
  readonly inputs: InputArrays[keyof InputArrays];
  /** The shape of one sample. */
  readonly inputShape: Shape;
  /** Classes (int32) or numbers to predict, sample by sample. */
  readonly labels: Int32Array | Float32Array | Float64Array;
  /**
   * The shape of one label.
   *
   * @default [], so that the labels of a batch have the shape [B]
   */
  readonly labelShape?: Shape;
  /**
   * The names of the classes, or their number, which names them `0`, `1`, …: int32 labels must lie below it. They are
   * never negative, but for `ignoreIndex`.
   */
  readonly classes?: number | readonly string[];
  /** The label of what is not to be learned, as losses have it: any integer, such as 255 for unknown places of an image. */
  readonly ignoreIndex?: number;
  /**
   * Whether every number is checked for NaN and the infinities, once.
   *
   * @default true
   */
  readonly checkFinite?: boolean;
}

/** Samples and labels in host memory. The arrays are used as they are, not copied. */
export class ArrayDataset implements Dataset {
  readonly inputs: InputArrays[keyof InputArrays];
  readonly inputShape: Shape;
  readonly inputType: keyof InputArrays;
  readonly labels: Int32Array | Float32Array | Float64Array;
  readonly labelShape: Shape;
  readonly labelType: keyof LabelArrays;
  readonly classes: readonly string[] | undefined;
  readonly ignoreIndex: number | undefined;
  readonly length: number;

  /**
   * @throws ShapeError where the arrays do not hold the same whole number of samples
   * @throws ArgumentError where there is no sample, one is not finite, or a label is not a class
   */
  constructor(content: ArrayDatasetContent) {
    const { inputs, inputShape, labels, labelShape = [], classes, ignoreIndex, checkFinite = true } = content;
    this.classes = namesOf(classes);
    const isLabel = ignoreIndex === undefined || Number.isInteger(ignoreIndex);
    checkOption(isLabel, 'ArrayDataset', 'ignoreIndex', 'an integer', ignoreIndex);
    this.ignoreIndex = ignoreIndex;
    this.length = countSamples('inputs', inputs, inputShape);
    const labelCount = countSamples('labels', labels, labelShape);
    if (labelCount !== this.length) {
      throw new ShapeError(`ArrayDataset: ${this.length} inputs, but ${labelCount} labels: each sample needs one`);
    }
    if (this.length === 0) throw new ArgumentError('ArrayDataset: there is no sample');
    if (checkFinite) {
      checkNumbers('inputs', inputs, sizeOf(inputShape));
      checkNumbers('labels', labels, sizeOf(labelShape));
    }
    if (labels instanceof Int32Array) this.#checkClasses(labels, sizeOf(labelShape));
    this.inputs = inputs;
    this.inputShape = inputShape;
    this.inputType = inputs instanceof Uint8Array ? 'uint8' : numberTypeOf(inputs);
    this.labels = labels;
    this.labelShape = labelShape;
    this.labelType = numberTypeOf(labels);
  }

  /**
   * Copies samples one after another, and their labels as well.
   *
   * @throws ArgumentError where an index is not one of a sample
   * @throws ShapeError where the arrays do not have room for exactly these samples and labels
   */
  read(
    indices: ArrayLike<number>,
    inputs: InputArrays[keyof InputArrays],
    labels: LabelArrays[keyof LabelArrays],
  ): void {
    for (let i = 0; i < indices.length; i++) {
      if (Number.isInteger(indices[i]) && indices[i]! >= 0 && indices[i]! < this.length) continue;
      throw new ArgumentError(`ArrayDataset.read: sample ${indices[i]} is none of the ${this.length} that there are`);
    }
    copyRows(this.inputs, inputs, indices, sizeOf(this.inputShape));
    copyRows(this.labels, labels, indices, sizeOf(this.labelShape));
  }

  /**
   * The samples from `start` up to, not including, `end`, as views of the same memory: to set some apart for
   * validation, for example.
   *
   * @throws ArgumentError unless 0 ≤ start < end ≤ length, all of them integers
   */
  slice(start: number, end: number): ArrayDataset {
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= this.length)) {
      throw new ArgumentError(
        `ArrayDataset.slice: ${start} to ${end} is no range of samples: ` +
          `it must be one or more of those from 0 to ${this.length}`,
      );
    }
    const { inputShape, labelShape, classes, ignoreIndex } = this;
    const [inputSize, labelSize] = [sizeOf(inputShape), sizeOf(labelShape)];
    return new ArrayDataset({
      inputs: this.inputs.subarray(start * inputSize, end * inputSize),
      inputShape,
      labels: this.labels.subarray(start * labelSize, end * labelSize),
      labelShape,
      ...(classes && { classes }),
      ...(ignoreIndex !== undefined && { ignoreIndex }),
      checkFinite: false,
    });
  }

  #checkClasses(labels: Int32Array, size: number): void {
    const classes = this.classes?.length ?? Number.POSITIVE_INFINITY;
    const wrong = labels.findIndex((label) => (label < 0 || label >= classes) && label !== this.ignoreIndex);
    if (wrong < 0) return;
    const expected = this.classes ? `from 0 to ${classes - 1}` : '0 or more';
    throw new ArgumentError(
      `ArrayDataset: the label of sample ${Math.floor(wrong / size)} is ${labels[wrong]}: it must be ${expected}, ` +
        'or the ignoreIndex',
    );
  }
}

function namesOf(classes: number | readonly string[] | undefined): readonly string[] | undefined {
  if (typeof classes !== 'number') {
    checkOption(classes?.length !== 0, 'ArrayDataset', 'classes', 'one name or more', '[]');
    return classes;
  }
  const isCount = Number.isInteger(classes) && classes > 0;
  checkOption(isCount, 'ArrayDataset', 'classes', 'an integer above 0', classes);
  return Array.from({ length: classes }, (_, label) => String(label));
}

function numberTypeOf(array: LabelArrays[keyof LabelArrays]): keyof LabelArrays {
  if (array instanceof Int32Array) return 'int32';
  return array.BYTES_PER_ELEMENT === 4 ? 'float32' : 'float64';
}

/** Copies the rows of `from` with these positions, `size` elements each. */
function copyRows<T extends ArrayDataset['inputs'] | ArrayDataset['labels']>(
  from: T,
  to: T,
  indices: ArrayLike<number>,
  size: number,
): void {
  if (to.length !== indices.length * size) {
    throw new ShapeError(
      `ArrayDataset.read: ${indices.length} rows of ${size} elements do not fill an array of ${to.length}`,
    );
  }
  for (let row = 0; row < indices.length; row++) {
    const start = indices[row]! * size;
    if (size === 1) to[row] = from[start]!;
    else to.set(from.subarray(start, start + size), row * size);
  }
}

function countSamples(name: string, array: { readonly length: number }, shape: Shape): number {
  const count = array.length / sizeOf(shape);
  if (!shape.every((length) => Number.isInteger(length) && length > 0) || !Number.isInteger(count)) {
    throw new ShapeError(
      `ArrayDataset: ${array.length} elements of ${name} are no whole number of samples ${formatShape(shape)}`,
    );
  }
  return count;
}

function checkNumbers(name: string, array: ArrayDataset['inputs'] | ArrayDataset['labels'], size: number): void {
  if (array instanceof Uint8Array || array instanceof Int32Array) return;
  for (let i = 0; i < array.length; i++) {
    if (Number.isFinite(array[i])) continue;
    throw new ArgumentError(
      `ArrayDataset: ${name} of sample ${Math.floor(i / size)} hold ${array[i]} at element ${i % size}: ` +
        'repair or leave out the sample, or pass checkFinite: false',
    );
  }
}
