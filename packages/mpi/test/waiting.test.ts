import { describe, expect, it } from 'vitest';
import type { MpiLibrary, Request } from '../src/library.js';
import type { System } from '../src/system.js';
import { Waiting } from '../src/waiting.js';

const request: Request = { handles: new Int32Array(1), holds: [] };

/** A wait, and how often it has looked and made room for other programs. */
function waitingFor(isDone: (looks: number) => boolean) {
  const counts = { looks: 0, yields: 0 };
  const library: Pick<MpiLibrary, 'test' | 'abort'> = { test: () => isDone(counts.looks++), abort: () => {} };
  const system: Pick<System, 'yieldProcessor'> = {
    yieldProcessor() {
      counts.yields++;
    },
  };
  const waiting = new Waiting(library as MpiLibrary, system as System, 60, () => '');
  return { waiting, counts };
}

describe('Waiting', () => {
  it.each(['spin', 'sleep'] as const)('lets timers have their turn: %s', async (patience) => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const { waiting } = waitingFor(() => ticks >= 3);
    await waiting.until(request, 'sum', patience);
    clearInterval(timer);
    expect(ticks).toBe(3);
  });

  it('makes room between two looks where there are more processes than processors, and only there', async () => {
    const { waiting, counts } = waitingFor((looks) => looks >= 20);
    await waiting.until(request, 'sum', 'spin');
    expect(counts).toEqual({ looks: 21, yields: 0 });
    waiting.isCrowded = true;
    counts.looks = 0;
    await waiting.until(request, 'sum', 'spin');
    expect(counts).toEqual({ looks: 21, yields: 20 });
  });

  it('passes on what a look throws', async () => {
    const { waiting } = waitingFor(() => {
      throw new Error('lost');
    });
    await expect(waiting.until(request, 'sum', 'spin')).rejects.toThrow('lost');
  });
});
