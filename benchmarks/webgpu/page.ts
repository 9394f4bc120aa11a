import { Contest, type ContestSettings } from './contest.js';
import type { ContestantName } from './contestant.js';
import type { Row } from './turns.js';

let contest: Contest | undefined;

/** What the program in Node calls in the page. */
export interface ContestPage {
  /** Opens the contest, and gives its description. */
  open(names: readonly ContestantName[]): Promise<string>;
  worksOf(settings: ContestSettings): string[] | Promise<string[]>;
  measure(name: string, settings: ContestSettings): Promise<readonly Row[]>;
}

const page: ContestPage = {
  async open(names) {
    contest = await Contest.open(names);
    return contest.description;
  },
  worksOf: (settings) => contest!.worksOf(settings),
  measure: (name, settings) => contest!.measure(name, settings),
};

Object.assign(window, { contest: page, isReady: true });
