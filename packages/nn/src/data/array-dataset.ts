import { ArgumentError, formatShape, type Shape, ShapeError, sizeOf } from '@pnn/tensor';
import { checkOption } from '../options.js';

/** What an ArrayDataset is made of. */
export interface ArrayDatasetContent {
  /** All samples one after another; bytes are taken as pixels and become byte / 255 in a batch. */
  readonly inputs: Float32Array | Float64Array | Uint8Array;
  /** The shape of one sample. */
  readonly inputShape: Shape;
  /** Classes (int32) or numbers to predict, sample by sample. */
  readonly labels: Int32Array | Float32Array | Float64Array;
  /** The shape of one label; [] where nothing is said, so that a batch has the shape [B]. */
  readonly labelShape?: Shape;
  /** The number of classes: int32 labels must lie below it. They are never negative. */
  readonly classes?: number;
  /** Whether every number is checked for NaN and the infinities, once; yes where nothing is said. */
  readonly checkFinite?: boolean;
}

/** Samples and labels in host memory. The arrays are used as they are, not copied. */
export class ArrayDataset {
  readonly inputs: Float32Array | Float64Array | Uint8Array;
  readonly inputShape: Shape;
  readonly labels: Int32Array | Float32Array | Float64Array;
  readonly labelShape: Shape;
  readonly classes: number | undefined;
  /** The number of samples. */
  readonly length: number;

  /**
   * @throws ShapeError where the arrays do not hold the same whole number of samples
   * @throws ArgumentError where there is no sample, one is not finite, or a label is not a class
   */
  constructor({ inputs, inputShape, labels, labelShape = [], classes, checkFinite = true }: ArrayDatasetContent) {
    checkOption(
      classes === undefined || (Number.isInteger(classes) && classes > 0),
      'ArrayDataset',
      'classes',
      'an integer above 0',
      classes,
    );
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
    if (labels instanceof Int32Array) checkClasses(labels, sizeOf(labelShape), classes);
    this.inputs = inputs;
    this.inputShape = inputShape;
    this.labels = labels;
    this.labelShape = labelShape;
    this.classes = classes;
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

function checkClasses(labels: Int32Array, size: number, classes: number | undefined): void {
  const wrong = labels.findIndex((label) => label < 0 || (classes !== undefined && label >= classes));
  if (wrong < 0) return;
  throw new ArgumentError(
    `ArrayDataset: the label of sample ${Math.floor(wrong / size)} is ${labels[wrong]}: ` +
      `it must be ${classes === undefined ? '0 or more' : `from 0 to ${classes - 1}`}`,
  );
}
