import type { NetworkDescription } from '@pnn/models';
import {
  ArgumentError,
  crossEntropy,
  DataLoader,
  type Dataset,
  formatShape,
  type Module,
  normalizeChannels,
  sameShape,
  sizeOf,
} from '@pnn/nn';
import type { Loss, PolynomialActivation } from '@pnn/pnn';
import { squaredError } from '../experiment/squared-error.js';

/** A network that was trained before, and where it came from. */
export interface TrainedNetwork {
  /** The path of its file. */
  readonly path: string;
  /** In evaluation mode. */
  readonly network: Module;
  readonly description: NetworkDescription;
  /** The polynomial activations with their names, from input to output; none in a network with the target itself. */
  readonly activations: readonly (readonly [name: string, activation: PolynomialActivation])[];
}

/** What is said of a network in a line, such as `cnn 16-32, polynomials of degree 8 for relu, polynomial.safetensors`. */
export function titleOf({ path, description, activations }: TrainedNetwork): string {
  const { model, method } = description;
  const name = model.widths.length > 0 ? `${model.name} ${model.widths.join('-')}` : model.name;
  const degrees = [...new Set(activations.map(([, { fit }]) => fit.degree))].sort((a, b) => a - b);
  const of = `of degree${degrees.length > 1 ? 's' : ''} ${degrees.join(', ')}`;
  const activation = degrees.length === 0 ? method.target : `polynomials ${of} for ${method.target}`;
  return `${name}, ${activation}, ${path.split(/[\\/]/).at(-1)}`;
}

/** @throws ArgumentError if the network has no polynomial activations, which a command is about */
export function requirePolynomials({ path, activations }: TrainedNetwork, command: string): void {
  if (activations.length > 0) return;
  throw new ArgumentError(
    `pnn ${command}: ${path} has no polynomial activations: give the file of a polynomial network`,
  );
}

/** @throws ArgumentError if the network does not take such samples or has other classes */
export function checkSamples({ path, description }: TrainedNetwork, dataset: Dataset, name: string): void {
  const { inputShape, inputType, outputs, classes } = description;
  const wanted = `${path} takes samples ${formatShape(inputShape)} of ${inputType}`;
  if (!sameShape(dataset.inputShape, inputShape) || dataset.inputType !== inputType) {
    throw new ArgumentError(
      `${wanted}, and ${name} has ${formatShape(dataset.inputShape)} of ${dataset.inputType}: give the data that it was trained for`,
    );
  }
  const own = dataset.classes;
  const isSame = classes
    ? own?.length === classes.length && own.every((each, i) => each === classes[i])
    : !own && sizeOf(dataset.labelShape) === outputs;
  if (isSame) return;
  const classesOf = (names: readonly string[] | null | undefined) =>
    names ? `the classes ${names.join(', ')}` : 'numbers instead of classes';
  throw new ArgumentError(
    `${path} has ${classesOf(classes)}, and ${name} has ${classesOf(own)}: give the data that it was trained for`,
  );
}

/** Batches of a data set, normalized as the network was trained. */
export function batchesFor({ description }: TrainedNetwork, dataset: Dataset, batchSize = 250): DataLoader {
  const { normalization } = description;
  return new DataLoader(dataset, {
    batchSize,
    transforms: normalization ? [normalizeChannels(normalization.mean, normalization.std)] : [],
  });
}

/** The loss that the network was trained with. */
export function lossOf({ description }: TrainedNetwork): Loss {
  return description.classes ? crossEntropy : squaredError;
}
