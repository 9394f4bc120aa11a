import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '@pnn/nn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Claims } from '../../src/trials/claims.js';
import { identify, isRunning } from '../../src/trials/process-identity.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-claims-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const nothing = () => undefined;

/** A process that does nothing, and its end. */
async function idleProcess(): Promise<{ readonly pid: number; readonly end: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return {
    pid: child.pid!,
    end: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('a claim', () => {
  it('is given to one of many who want it at once, and to the next when it is released', async () => {
    const all = Array.from({ length: 12 }, () => new Claims(folder));
    for (let round = 1; round <= 4; round++) {
      const taken = (await Promise.all(all.map((claims) => claims.take('trial', nothing)))).filter(Boolean);
      expect(taken.length).toBe(1);
      await taken[0]!.release();
      expect(readdirSync(folder).length).toBe(round);
    }
  });

  it('does not touch those of other names', async () => {
    const claims = new Claims(folder);
    const taken = [await claims.take('a', nothing), await claims.take('aa', nothing), await claims.take('b', nothing)];
    expect(taken.every(Boolean)).toBe(true);
    expect(await claims.take('a', nothing)).toBeUndefined();
    for (const claim of taken) await claim!.release();
  });

  it('of a process that has died is taken over by one of many, once all of its processes are gone', async () => {
    const child = await idleProcess();
    const mine = await new Claims(folder).take('trial', nothing);
    await mine!.include(child.pid);
    // As if the process that claimed it were gone: only the child is left.
    const dead = { ...identify(2 ** 22 + 1), began: '1' };
    const record = { processes: [dead, identify(child.pid)], released: false };
    writeFileSync(join(folder, 'trial.1'), JSON.stringify(record));
    expect(await new Claims(folder).take('trial', nothing)).toBeUndefined();
    await child.end();
    const next = await Promise.all(Array.from({ length: 8 }, () => new Claims(folder).take('trial', nothing)));
    const taken = next.filter((claim) => claim !== undefined);
    expect(taken.length).toBe(1);
    await taken[0]!.release();
    await mine!.release();
  });

  it('of another machine is taken over when it shows no sign of life, by the clock of the observer', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const far = { machine: 'elsewhere', pid: 1, began: null };
    writeFileSync(join(folder, 'trial.1'), JSON.stringify({ processes: [far], released: false }));
    const claims = new Claims(folder);
    expect(await claims.take('trial', nothing)).toBeUndefined();
    vi.advanceTimersByTime(119_000);
    expect(await claims.take('trial', nothing)).toBeUndefined();
    writeFileSync(join(folder, 'trial.1'), JSON.stringify({ processes: [far], released: false }));
    vi.advanceTimersByTime(119_000);
    expect(await claims.take('trial', nothing)).toBeUndefined();
    vi.advanceTimersByTime(121_000);
    const claim = await claims.take('trial', nothing);
    expect(claim).toBeDefined();
    await claim!.release();
  });

  it('that is damaged is one sentence', async () => {
    writeFileSync(join(folder, 'trial.1'), '{"processes":');
    await expect(new Claims(folder).take('trial', nothing)).rejects.toThrow(FormatError);
  });
});

describe('the identity of a process', () => {
  it('tells whether it runs, also when its number is used again, and of other machines nothing', async () => {
    const own = identify(process.pid);
    expect(isRunning(own)).toBe(true);
    expect(isRunning({ ...own, machine: 'elsewhere' })).toBeUndefined();
    if (own.began !== null) expect(isRunning({ ...own, began: `${Number(own.began) + 1}` })).toBe(false);
    const child = await idleProcess();
    const identity = identify(child.pid);
    expect(isRunning(identity)).toBe(true);
    await child.end();
    expect(isRunning(identity)).toBe(false);
  });
});
