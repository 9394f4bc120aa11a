import { requireGrad } from '@pnn/autograd';
import { keep, Tensor } from '@pnn/tensor';

/**
 * What a parameter is for, which decides how it is trained: `normalization` (γ and β of BatchNorm) is left out of
 * gradient clipping; `polynomial` are the coefficients of activations.
 */
export type ParameterRole = 'weight' | 'normalization' | 'polynomial';

/** A tensor that a module learns: found by `module.parameters()`, changed by optimizers. Lives until disposed of. */
export class Parameter extends Tensor {
  readonly role: ParameterRole;

  /** Takes over the elements of the tensor, and the tensor with them. */
  constructor(initial: Tensor, role: ParameterRole = 'weight') {
    super(initial.shape, initial.dtype, initial.device, initial.buffer);
    this.role = role;
    initial.dispose();
    requireGrad(keep(this));
  }
}

/** A tensor that belongs to a module's state but is not learned, such as running statistics. */
export class StateBuffer extends Tensor {
  /**
   * Takes over the elements of the tensor, and the tensor with them.
   *
   * @param keepsType whether `module.cast` leaves the buffer alone
   */
  constructor(
    initial: Tensor,
    readonly keepsType = false,
  ) {
    super(initial.shape, initial.dtype, initial.device, initial.buffer);
    initial.dispose();
    keep(this);
  }
}
