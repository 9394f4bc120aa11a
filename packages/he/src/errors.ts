import { PnnError } from '@pnn/nn';

/** A network cannot be computed on encrypted inputs, or not with what was asked for. */
export class PlanError extends PnnError {
  override readonly name = 'PlanError';
}

/** A key is missing, belongs to another plan, or is kept where others can read it. */
export class KeyError extends PnnError {
  override readonly name = 'KeyError';
}

/** Bytes from outside are not the message that they should be. */
export class MalformedError extends PnnError {
  override readonly name = 'MalformedError';
}

/** Numbers are beyond what the plan was made for: thrown for inputs that are not finite, given as a warning otherwise. */
export class RangeWarning extends PnnError {
  override readonly name = 'RangeWarning';
}
