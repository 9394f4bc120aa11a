import { meanSquaredError } from '@pnn/nn';
import type { Loss } from '@pnn/pnn';

/** The loss of numbers to predict: the outputs of a network stand in a row, whatever the shape of a label. */
export const squaredError: Loss = (outputs, labels) => meanSquaredError(outputs, labels.reshape(outputs.shape));
