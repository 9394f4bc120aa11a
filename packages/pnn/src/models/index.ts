export * from './convolutional.js';
export * from './mlp.js';
export * from './resnet.js';
