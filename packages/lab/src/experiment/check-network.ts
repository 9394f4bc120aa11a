import {
  ArgumentError,
  type Dataset,
  formatShape,
  type Module,
  noGrad,
  randomState,
  restoreRandomState,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  sizeOf,
  zeros,
} from '@pnn/nn';
import { polynomialActivations, suspendTraining } from '@pnn/pnn';
import type { ExperimentSpec } from './specs.js';

/** Samples of the forward: more than one, so that an axis of samples that was lost does not pass. */
const SAMPLES = 2;

/** The shape of what comes out, by a forward that changes neither running statistics nor the program's random streams. */
function outputShape(network: Module, { inputShape, inputType }: Dataset): Shape {
  const dtype = inputType === 'int32' ? 'int32' : 'float32';
  const random = randomState();
  const resumeTraining = suspendTraining(network);
  try {
    return scope(() => noGrad(() => network.forward(zeros([SAMPLES, ...inputShape], { dtype })).shape));
  } finally {
    resumeTraining();
    restoreRandomState(random);
  }
}

/**
 * Checks that a network can learn the data by the method: its model may be one of the user's own.
 *
 * @param outputs numbers that are to come out of a sample
 * @throws ArgumentError if the method has polynomials and the network none
 * @throws ShapeError if the network does not take the samples, or gives other outputs
 */
export function checkNetwork(network: Module, { model, method }: ExperimentSpec, data: Dataset, outputs: number): void {
  const { name } = model;
  if (method.polynomial && polynomialActivations(network).length === 0) {
    throw new ArgumentError(
      `the model ${name}: its network has no polynomial activation: call the activation() that make is given, once for ` +
        'each layer, where another would have a ReLU',
    );
  }
  let shape: Shape;
  try {
    shape = outputShape(network, data);
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    const samples = formatShape(data.inputShape);
    throw new ShapeError(`the model ${name} cannot take samples of ${samples}: ${cause.message}`, { cause });
  }
  const { classes, labelType, labelShape } = data;
  // Logits are [N,C,…] for labels [N,…]; numbers are compared in a row, whatever shape they have.
  const isClass = classes !== undefined && labelType === 'int32';
  const expected = [SAMPLES, outputs, ...(isClass ? labelShape : [])];
  const fits = isClass ? sameShape(shape, expected) : shape[0] === SAMPLES && sizeOf(shape) === sizeOf(expected);
  if (fits) return;
  const wanted = classes ? 'classes' : outputs === 1 ? 'number to predict' : 'numbers to predict';
  const places = isClass && labelShape.length > 0 ? ` and labels of ${formatShape(labelShape)}` : '';
  throw new ShapeError(
    `the model ${name} gives ${formatShape(shape)} for ${SAMPLES} samples, not ${formatShape(expected)}: the data have ` +
      `${outputs} ${wanted}${places}`,
  );
}
