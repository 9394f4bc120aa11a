import { DTypeError, formatShape, ShapeError, sameShape, type Tensor } from '@pnn/tensor';

/** What becomes of the losses of the samples: their mean, their sum, or a tensor of them. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** @default 'mean' */
  readonly reduction?: LossReduction;
}

/** The losses of all samples as the option asks for. */
export function reduce(losses: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}

/**
 * @throws ShapeError where prediction and target have different shapes, even if they would broadcast
 * @throws DTypeError where their types differ
 */
export function checkAlike(name: string, prediction: Tensor, target: Tensor): void {
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `${name}: prediction ${formatShape(prediction.shape)}, target ${formatShape(target.shape)}: the shapes differ`,
    );
  }
  if (prediction.dtype !== target.dtype) {
    throw new DTypeError(
      `${name}: prediction ${prediction.dtype}, target ${target.dtype}: make the types equal with cast()`,
    );
  }
}

/** @throws ShapeError where the tensors have different shapes, even if they would broadcast */
export function checkEqualShapes(name: string, ...tensors: readonly Tensor[]): void {
  if (tensors.every(({ shape }) => sameShape(shape, tensors[0]!.shape))) return;
  throw new ShapeError(`${name}: ${tensors.map(({ shape }) => formatShape(shape)).join(', ')}: the shapes differ`);
}
