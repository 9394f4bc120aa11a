export * from './module.js';
export * from './parameter.js';
