/** What a client makes of servers that answer with something else than results. */
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { EncryptedClient, type EncryptedResult } from '../../src/client/client.js';
import { KeyError, MalformedError, RangeWarning } from '../../src/errors.js';
import { serve } from '../../src/node/serve.js';
import type { Plan } from '../../src/plan/plan.js';
import { decodeClientPlan } from '../../src/protocol/client-plan.js';
import { openSeal } from '../../src/seal/library.js';
import { CountingSeal } from '../counting-seal.js';
import { bytes, RecordedServer } from './recorded-server.js';
import { sample, smallPlan } from './small-network.js';

let plan: Plan;
let logits: Float64Array;
let seal: CountingSeal;
let server: RecordedServer;
let client: EncryptedClient;
/** The answer of a server that computes. */
let result: Uint8Array;

beforeAll(async () => {
  ({ plan, logits } = await smallPlan());
  seal = new CountingSeal(await openSeal());
  server = await RecordedServer.start(plan.client());
  client = await EncryptedClient.connect(server.url, { seal, timeout: 20_000 });
  const secret = client.makeSecretKey();
  client.useSecretKey(secret);
  await client.sendKeys();

  const real = await serve(plan);
  const asking = await EncryptedClient.connect(real.url, { seal });
  const { fetch } = globalThis;
  globalThis.fetch = async (url, options) => {
    const response = await fetch(url, options);
    if (String(url).endsWith('/run')) result = new Uint8Array(await response.clone().arrayBuffer());
    return response;
  };
  try {
    asking.useSecretKey(secret);
    await asking.sendKeys();
    await asking.run(sample);
  } finally {
    globalThis.fetch = fetch;
    asking.dispose();
    await real.close();
  }
});

afterAll(async () => {
  client.dispose();
  await server.close();
  expect(seal.live).toBe(0);
});

const largestError = (found: EncryptedResult) =>
  Math.max(...found.logits.map((logit, i) => Math.abs(logit - logits[i]!)));

test('an answer is decrypted as often as it comes, with as many handles after as before', async () => {
  server.result = bytes(result);
  const before = seal.live;
  for (let i = 0; i < 5; i++) {
    const found = await client.run(sample);
    expect(found.warnings).toEqual([]);
    expect(largestError(found)).toBeLessThan(plan.errorBound);
  }
  expect(seal.live).toBe(before);
});

test('changed answers are refused, or come with a warning, or are right', async () => {
  const before = seal.live;
  const outcomes = { refused: 0, doubted: 0, right: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(mutations, { minLength: 1, maxLength: 2 }), async (changes) => {
      server.result = bytes(changes.reduce((each, change) => change(each), result));
      let found: EncryptedResult;
      try {
        found = await client.run(sample);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        outcomes.refused++;
        return;
      }
      if (found.warnings.length > 0) {
        outcomes.doubted++;
        return;
      }
      // Changes of the lowest bits are as errors of computing are.
      expect(largestError(found)).toBeLessThan(16 * plan.errorBound);
      outcomes.right++;
    }),
    { numRuns: 60 },
  );
  expect(outcomes.refused).toBeGreaterThan(0);
  expect(seal.live).toBe(before);
});

test.each([0, 1, 3])('a coefficient that is wrong by 2^%i times the scale comes with a warning', async (doublings) => {
  const { degree, primes } = plan.parameters;
  const changed = result.slice();
  const view = new DataView(changed.buffer);
  const by = BigInt(Math.round(plan.client().output.scale)) << BigInt(doublings);
  // Words of coefficients lie one after another to the end; those of the first polynomial first.
  let at = result.length - 16 * degree + 8 * 100;
  while (view.getBigUint64(at, true) + by >= primes[0]!) at += 8;
  view.setBigUint64(at, view.getBigUint64(at, true) + by, true);
  server.result = bytes(changed);
  expect((await client.run(sample)).warnings).toEqual([expect.any(RangeWarning)]);
});

test('changed plans are refused, or are plans', () => {
  const text = Buffer.from(JSON.stringify(plan.client()));
  fc.assert(
    fc.property(fc.array(mutations, { minLength: 1, maxLength: 2 }), (changes) => {
      const changed = changes.reduce((each, change) => change(each), text as Uint8Array);
      try {
        const decoded = decodeClientPlan(Buffer.from(changed).toString());
        if (decoded.layout !== 'single') throw new Error(`a plan of layout ${decoded.layout}`);
        const { gathers, degree, output } = decoded;
        expect(gathers.every(({ length }) => length === degree / 2)).toBe(true);
        expect(output.places.every((place) => place < (degree / 2) * output.ciphertexts)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }),
    { numRuns: 300 },
  );
});

test.each<[string, () => string]>([
  ['nothing useful', () => 'hello'],
  ['an insecure plan', () => JSON.stringify({ ...plan.client(), bits: [60, 60, 60, 60] })],
  ['elements that there are not', () => JSON.stringify({ ...plan.client(), gathers: [[99]] })],
  [
    'scales that make an oracle of the client',
    () => JSON.stringify({ ...plan.client(), refreshes: [{ level: 0, scale: 2 ** -90, ciphertexts: 1, largest: 1 }] }),
  ],
])('a server that answers with %s is refused', async (_, answer) => {
  const wrong = await RecordedServer.start(plan.client());
  wrong.plan = bytes(answer());
  await expect(EncryptedClient.connect(wrong.url, { seal })).rejects.toThrow(MalformedError);
  await wrong.close();
});

test.each<[number, string, typeof MalformedError | typeof KeyError]>([
  [500, 'no', MalformedError],
  [404, 'the keys are forgotten', KeyError],
  [403, `\u001b[31m${'x'.repeat(5000)}`, KeyError],
])('a refusal with status %i is told in one line', async (status, text, type) => {
  server.result = bytes(text, status);
  const error: unknown = await client.run(sample).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(type);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal must not get
  expect((error as Error).message).toMatch(/^the server refuses \/sessions\/ID\/run: [^\u0000-\u001f]{1,300}$/);
});

test('a server that points elsewhere gets nothing sent there', async () => {
  const elsewhere = await RecordedServer.start(plan.client());
  let asked = false;
  elsewhere.result = (response) => {
    asked = true;
    response.end();
  };
  server.result = (response) => {
    response.writeHead(307, { location: `${elsewhere.url}/sessions/${'0'.repeat(32)}/run` });
    response.end();
  };
  await expect(client.run(sample)).rejects.toThrow('the server refuses /sessions/ID/run');
  expect(asked).toBe(false);
  await elsewhere.close();
});

test('a server that names no session, or says more than it may, is refused', async () => {
  server.session = bytes('../../plan');
  await expect(client.sendKeys()).rejects.toThrow('the server names no session');
  server.session = bytes('0123456789abcdef0123456789abcdef', 201);
  await client.sendKeys();
  server.result = bytes(new Uint8Array(result.length + 1));
  await expect(client.run(sample)).rejects.toThrow('more than');
});

test.each<[string, Parameters<typeof bytes>[0] | undefined]>([
  ['never', undefined],
  ['with a part and then no more', new Uint8Array(1000)],
])('a server that answers %s is given up after the time that was given', async (_, part) => {
  const slow = await RecordedServer.start(plan.client());
  slow.plan = (response) => {
    if (part) response.write(part);
  };
  await expect(EncryptedClient.connect(slow.url, { seal, timeout: 200 })).rejects.toThrow(
    /^there is no answer from \S+ within 0.2 s: is the server busy\?/,
  );
  await slow.close();
});

test('a server that breaks off is told from one that is busy', async () => {
  server.result = (response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('x');
    void setTimeout(20).then(() => response.destroy());
  };
  await expect(client.run(sample)).rejects.toThrow(/^there is no answer from \S+: is the server running\?$/);
});

test('no server at all is one clear sentence', async () => {
  await expect(EncryptedClient.connect('http://127.0.0.1:9', { seal })).rejects.toThrow(
    /^there is no answer from .*: is the server running\?$/,
  );
});
