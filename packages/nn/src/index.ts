export * from '@pnn/autograd';
export * from '@pnn/tensor';
export * from './initialisation.js';
export * from './layers/index.js';
export * from './losses.js';
export * from './module.js';
export * from './parameter.js';
