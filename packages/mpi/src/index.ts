export type { MpiCommunicator } from './communicator.js';
export { MpiError } from './errors.js';
export { findLauncher, type Launcher } from './launcher.js';
export { type MpiOptions, mpi } from './mpi.js';
export { version } from './version.js';
