export { Experiment, type ExperimentEvents, type ExperimentProcesses } from './experiment.js';
export { type ReportOptions, reportOf } from './report-of.js';
export { type RunRecordOptions, runRecord } from './run-record.js';
export { sampleRecords } from './samples.js';
export {
  type DataSpec,
  type DeviceSpec,
  defaultExperiment,
  type ExperimentSpec,
  modelNamed,
  twinOf,
} from './specs.js';
