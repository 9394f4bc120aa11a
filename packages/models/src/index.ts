export * from './cnn.js';
export * from './mlp.js';
export * from './registry.js';
export * from './resnet.js';
export * from './settings.js';
