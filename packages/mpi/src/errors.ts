import { PnnError } from '@pnn/nn';

/** Several processes cannot train together: MPI is not there, they are not alike, or one of them does something else. */
export class MpiError extends PnnError {
  override readonly name = 'MpiError';
}
