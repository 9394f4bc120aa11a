import type { Contestant } from './contestant.js';

/** TensorFlow.js, which takes the adapter of `navigator.gpu`. */
export function openTfjs(): Promise<Contestant>;
