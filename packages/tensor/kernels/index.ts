// Every exported name is a kernel, or the `…Blocks` or `…Scratch` of one: see task.ts.
export * from './convolution';
export * from './elementwise';
export * from './matmul';
export * from './normalisation';
export * from './polynomial/backward';
export * from './polynomial/forward';
export * from './pooling';
export * from './random';
export * from './reduction';
export * from './selection';
export * from './softmax';
export * from './update';
