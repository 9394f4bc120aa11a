export { findLauncher, type Launcher } from '@pnn/nn/node';
export type { MpiCommunicator } from './communicator.js';
export { MpiError } from './errors.js';
export { type MpiOptions, mpi } from './mpi.js';
export { version } from './version.js';
