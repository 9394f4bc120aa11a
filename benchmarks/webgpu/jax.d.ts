import type { Contestant } from './contestant.js';

/** jax-js, which takes the adapter of `navigator.gpu`. */
export function openJax(): Promise<Contestant>;
