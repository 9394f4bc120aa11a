/** What a server makes of clients that vanish in the middle of a message, and of messages that no client sends. */
import { setTimeout } from 'node:timers/promises';
import { Generator } from '@pnn/nn';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { EncryptedClient } from '../../src/client/client.js';
import { KeyError } from '../../src/errors.js';
import { type EncryptedServer, serve } from '../../src/node/serve.js';
import type { Plan } from '../../src/plan/plan.js';
import type { SealLibrary } from '../../src/seal/context.js';
import { openSeal } from '../../src/seal/library.js';
import { requestBytes, sendAndVanish } from './cut-connections.js';
import { sample, smallPlan } from './small-network.js';

const originalFetch = globalThis.fetch;
let plan: Plan;
let logits: Float64Array;
let server: EncryptedServer;
let client: EncryptedClient;
/** What the client has sent: its keys, and an input. */
let keys: Uint8Array<ArrayBuffer>;
let input: Uint8Array<ArrayBuffer>;
let session: string;
let seal: SealLibrary;

beforeAll(async () => {
  ({ plan, logits } = await smallPlan());
  server = await serve(plan, { maxSessions: 1, yieldTime: 0 });
  seal = await openSeal();
  client = await EncryptedClient.connect(server.url, { seal });
  globalThis.fetch = async (url, options) => {
    const body = (options?.body ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
    if (String(url).endsWith('/run')) {
      input = body;
      session = new URL(String(url)).pathname.split('/')[2]!;
    } else if (String(url).endsWith(plan.hash)) keys ??= body;
    return originalFetch(url, options);
  };
  client.useSecretKey(client.makeSecretKey());
  await client.sendKeys();
  await client.run(sample);
});

afterAll(async () => {
  globalThis.fetch = originalFetch;
  client.dispose();
  await server.close();
});

async function expectWell(): Promise<void> {
  const found = await client.run(sample);
  expect(found.warnings).toEqual([]);
  found.logits.forEach((logit, i) => {
    expect(Math.abs(logit - logits[i]!)).toBeLessThan(plan.errorBound);
  });
}

/** Sends keys; false where a client that vanished while it sent its own still takes the place. */
async function sendsKeys(sender: EncryptedClient): Promise<boolean> {
  try {
    await sender.sendKeys();
    return true;
  } catch (error) {
    expect((error as Error).message).toContain('try again later');
    return false;
  }
}

/** Keys of others may have taken the place of its own, or be on their way to it. */
async function sendKeysIfForgotten(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await client.run(sample);
      return;
    } catch (error) {
      // What a cut connection has asked of the session is still being computed.
      const isBusy = (error as Error).message.includes('wait for its answer');
      if (!isBusy) expect(error).toBeInstanceOf(KeyError);
    }
    if (await sendsKeys(client)) continue;
    await setTimeout(100);
  }
}

test('clients that vanish at any moment leave the server well', async () => {
  const random = new Generator(7, 'vanished clients');
  const requests = [
    requestBytes('GET', '/plan'),
    requestBytes('POST', `/sessions/${plan.hash}`, keys),
    requestBytes('POST', `/sessions/${session}/run`, input),
    requestBytes('POST', `/sessions/${'0'.repeat(32)}/run`, input),
  ];
  const port = Number(new URL(server.url).port);
  for (let i = 0; i < 24; i++) await sendAndVanish(port, requests[i % requests.length]!, random);
  await sendKeysIfForgotten();
  await expectWell();
});

test('a client that asks nothing makes room for another one, and is told to send its keys again', async () => {
  const other = await EncryptedClient.connect(server.url, { seal });
  other.useSecretKey(other.makeSecretKey());
  while (!(await sendsKeys(other))) await setTimeout(100);
  await expect(client.run(sample)).rejects.toThrow(/the server has no keys of this session: send them again/);
  await sendKeysIfForgotten();
  await expectWell();
  other.dispose();
});

test.each([
  ['inputs', 40, () => input, () => `/sessions/${session}/run`, [200, 400, 413]],
  ['keys', 6, () => keys, () => `/sessions/${plan.hash}`, [201, 400, 413]],
] as const)(
  'changed %s are refused, or computed with, and the server goes on',
  async (_, numRuns, message, path, all) => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.array(mutations, { minLength: 1, maxLength: 2 }), async (changes) => {
        const body = changes.reduce<Uint8Array>((each, change) => change(each), message()) as BodyInit;
        const { status } = await originalFetch(`${server.url}${path()}`, { method: 'POST', body });
        expect(all).toContain(status);
        statuses.add(status);
      }),
      { numRuns },
    );
    if (numRuns > 20) expect(statuses.size).toBeGreaterThan(1);
    await sendKeysIfForgotten();
    await expectWell();
  },
);
