export type * from './record.js';
export { REPORT_VERSION } from './record.js';
