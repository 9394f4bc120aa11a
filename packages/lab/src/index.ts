export * from './experiment/index.js';
export * from './report/index.js';
export { type FindingRecords, type Findings, parseFindings } from './trained/findings.js';
export { version } from './version.js';
