export * from '@pnn/models';
export * from '@pnn/models';
export * from './experiment.js';
