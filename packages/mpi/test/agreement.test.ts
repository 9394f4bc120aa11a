import { describe, expect, it } from 'vitest';
import { agreeOn } from '../src/agreement.js';
import { MpiError } from '../src/errors.js';
import { inOneProcess } from './in-one-process.js';

const agree = (...facts: readonly Readonly<Record<string, string>>[]) =>
  Promise.allSettled(
    inOneProcess(facts.length).map((communicator, rank) =>
      agreeOn(communicator, `host-${rank}`, facts[rank]!, 'start all with the same options'),
    ),
  );

async function expectRefusal(message: string, ...facts: readonly Readonly<Record<string, string>>[]): Promise<void> {
  const ends = await agree(...facts);
  for (const end of ends) expect(end).toEqual({ status: 'rejected', reason: new MpiError(message) });
}

describe('agreeOn', () => {
  it('is silent where all have the same facts, in any language', async () => {
    const facts = { données: 'entraînement 訓練', empty: '' };
    for (const end of await agree(facts, { ...facts }, facts, facts)) expect(end.status).toBe('fulfilled');
  });

  it('names the first fact that differs, in all processes alike', () =>
    expectRefusal(
      'mpi: process 2 on host-2 and process 0 on host-0 differ in --degree: "8" and "4": start all with the same options',
      { '--degree': '4', data: 'a' },
      { '--degree': '4', data: 'a' },
      { '--degree': '8', data: 'b' },
      { '--degree': '4', data: 'b' },
    ));

  it('tells a fact that only one process has', () =>
    expectRefusal(
      'mpi: process 1 on host-1 and process 0 on host-0 differ in extra: "1" and nothing: start all with the same options',
      {},
      { extra: '1' },
    ));

  it('shows of long values where they begin to differ', async () => {
    const long = 'x'.repeat(500);
    const [end] = await agree({ settings: `${long}1${long}` }, { settings: `${long}2${long}` });
    const { message } = (end as PromiseRejectedResult).reason as MpiError;
    expect(message).toMatch(/"…x+2x+…" and "…x+1x+…"/);
    expect(message.length).toBeLessThan(300);
  });
});
