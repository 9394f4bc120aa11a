import type { Gathering } from '../src/agreement.js';

/** Several processes in one: as many communicators as asked for, of which only `gather` is there. */
export function inOneProcess(size: number): Gathering[] {
  type Numbers = readonly ArrayLike<number>[];
  let given: (Numbers | undefined)[] = [];
  let waiting: ((all: Numbers[]) => void)[] = [];
  return Array.from({ length: size }, (_, rank) => ({
    gather: (numbers) =>
      new Promise((resolve) => {
        given[rank] = numbers.map((each) => Float64Array.from(each));
        waiting.push(resolve);
        if (waiting.length < size) return;
        const [all, everyone] = [given as Numbers[], waiting];
        [given, waiting] = [[], []];
        for (const answer of everyone) answer(all);
      }),
  }));
}
