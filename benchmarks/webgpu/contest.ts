import { gpu } from '@pnn/tensor/gpu';
import { webgpu } from '@pnn/tensor/webgpu';
import type { Contestant, ContestantName } from './contestant.js';
import { openJax } from './jax.js';
import { onDevice } from './library.js';
import { openTfjs } from './tfjs.js';
import { inTurns, type Row } from './turns.js';
import { smallWorks, works } from './works.js';

const openers: Readonly<Record<ContestantName, () => Promise<Contestant>>> = {
  ours: async () => onDevice('ours', await webgpu({ software: true })),
  'gpu.js': async () => onDevice('gpu.js', await gpu({ mode: 'webgpu' })),
  'jax-js': openJax,
  tfjs: openTfjs,
};

/** How works are compared. */
export interface ContestSettings {
  /** Parts of the names of works. */
  readonly filter: readonly string[];
  /** Of each work, for all together. */
  readonly seconds: number;
  /** Works so small that it is only shown that all runs. */
  readonly quick: boolean;
}

/** Libraries on the `navigator.gpu` of this process or page. */
export class Contest {
  readonly #contestants: readonly Contestant[];

  private constructor(
    /** The adapter, as this library describes it. */
    readonly description: string,
    contestants: readonly Contestant[],
  ) {
    this.#contestants = contestants;
  }

  static async open(names: readonly ContestantName[]): Promise<Contest> {
    const { description } = await webgpu({ software: true });
    const contestants: Contestant[] = [];
    for (const name of names) contestants.push(await openers[name]());
    return new Contest(description!, contestants);
  }

  /** The names of the works that are chosen. */
  worksOf({ filter, quick }: ContestSettings): string[] {
    const names = (quick ? smallWorks : works).map(({ name }) => name);
    return names.filter((name) => filter.length === 0 || filter.some((part) => name.includes(part)));
  }

  /** All durations of one work. */
  async measure(name: string, { seconds, quick }: ContestSettings): Promise<readonly Row[]> {
    return inTurns(this.#contestants, (quick ? smallWorks : works).find((work) => work.name === name)!, seconds);
  }
}
