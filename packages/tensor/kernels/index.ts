// Every exported name is a kernel, or the `…Blocks` or `…Scratch` of one: see task.ts.
export * from './convolution/forward';
export * from './convolution/input-gradient';
export * from './convolution/weight-gradient';
export * from './convolution/weight-gradient-sum';
export * from './elementwise';
export * from './matmul';
export * from './norm';
export * from './normalisation';
export * from './polynomial/backward';
export * from './polynomial/forward';
export * from './pooling';
export * from './random';
export * from './reduction';
export * from './softmax';
export * from './update';
export * from './winograd/convolution';
export * from './winograd/weight-gradient';
