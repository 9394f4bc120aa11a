// Every exported name is a kernel, or the `…Blocks` or `…Scratch` of one: see task.ts.
export * from './matmul';
export * from './polynomial';
