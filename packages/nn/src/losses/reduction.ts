import { ArgumentError, DTypeError, formatShape, ShapeError, sameShape, type Tensor } from '@pnn/tensor';

/** What becomes of the losses of the samples: their mean, their sum, or a tensor of them. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** @default 'mean' */
  readonly reduction?: LossReduction;
}

/**
 * The losses of all samples as the option asks for.
 *
 * @throws ArgumentError where there is no such reduction
 */
export function reduce(losses: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  switch (reduction) {
    case 'none':
      return losses;
    case 'sum':
      return losses.sum();
    case 'mean':
      return losses.mean();
    default:
      throw new ArgumentError(`reduction must be mean, sum or none, not ${reduction as string}`);
  }
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

/**
 * @throws ShapeError where the tensors have different shapes, even if they would broadcast
 * @throws DTypeError where their types differ
 */
export function checkAllAlike(name: string, ...tensors: readonly Tensor[]): void {
  const [first] = tensors;
  if (!tensors.every(({ shape }) => sameShape(shape, first!.shape))) {
    throw new ShapeError(`${name}: ${tensors.map(({ shape }) => formatShape(shape)).join(', ')}: the shapes differ`);
  }
  if (!tensors.every(({ dtype }) => dtype === first!.dtype)) {
    throw new DTypeError(`${name}: ${tensors.map(({ dtype }) => dtype).join(', ')}: make the types equal with cast()`);
  }
}
