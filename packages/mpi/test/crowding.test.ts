import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isCrowded, type Place } from '../src/crowding.js';
import { loadKoffi } from '../src/koffi.js';
import { linux } from '../src/linux.js';
import { inOneProcess } from './in-one-process.js';

const on = (machine: string, ...processors: number[]): Place => ({ machine, processors });

describe('isCrowded', () => {
  it.each<[string, Place[], boolean[]]>([
    ['two processes on two processors', [on('a', 0, 1), on('a', 0, 1)], [false, false]],
    ['four processes on two processors', Array.from({ length: 4 }, () => on('a', 0, 1)), [true, true, true, true]],
    ['two processes with a processor of its own each', [on('a', 0), on('a', 1)], [false, false]],
    ['two processes on one of the processors', [on('a', 1), on('a', 1)], [true, true]],
    ['machines of which one is crowded', [on('a', 0), on('b', 0), on('b', 0), on('a', 1)], [false, true, true, false]],
  ])('%s', async (_, places, expected) => {
    const communicators = inOneProcess(places.length);
    expect(await Promise.all(places.map((place, rank) => isCrowded(communicators[rank]!, place)))).toEqual(expected);
  });
});

describe('processors', () => {
  it('are those that this process may run on', async () => {
    const processors = linux(await loadKoffi()).processors();
    expect(new Set(processors).size).toBe(processors.length);
    // A limit on the time of processors makes Node count fewer.
    expect(processors.length).toBeGreaterThanOrEqual(availableParallelism());
  });

  const taskset = spawnSync('taskset', ['--pid', `${process.pid}`], { encoding: 'utf8' });

  it.skipIf(taskset.error)('are those that taskset tells', async () => {
    const mask = linux(await loadKoffi())
      .processors()
      .reduce((bits, processor) => bits | (1n << BigInt(processor)), 0n);
    expect(taskset.stdout).toMatch(new RegExp(` ${mask.toString(16)}\n$`));
  });
});
