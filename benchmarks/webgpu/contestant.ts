import type { WebGpuWork } from './works.js';

/** Work whose inputs lie on the GPU. */
export interface PreparedWork {
  /** Does the work, and is done when its results are there. */
  readonly run: () => Promise<void>;
  /** Does the work, and gives its first result. */
  readonly result: () => Promise<ArrayLike<number>>;
  readonly dispose: () => void;
}

/** A library that computes on WebGPU in this process. */
export interface Contestant {
  readonly name: string;
  /** The work with its inputs; undefined where it is not written for this library. */
  readonly prepare: (work: WebGpuWork) => PreparedWork | undefined;
}

/** Who can take part; ours comes first. */
export const contestantNames = ['ours', 'gpu.js', 'jax-js', 'tfjs'] as const;

/** One of them. */
export type ContestantName = (typeof contestantNames)[number];
