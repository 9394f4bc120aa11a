import { PnnError } from '@pnn/tensor';

/** A computation does something that its graph could not do again. */
export class TraceError extends PnnError {
  override readonly name = 'TraceError';
}
