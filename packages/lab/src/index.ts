export * from './experiment/index.js';
export * from './report/index.js';
export { version } from './version.js';
