export * from './experiment.js';
export * from './network.js';
export * from './settings.js';
