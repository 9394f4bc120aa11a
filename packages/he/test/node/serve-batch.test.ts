import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlp } from '@pnn/models';
import { ArrayDataset } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchPlan } from '../../src/batch/plan.js';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { compile } from '../../src/compile.js';
import { MalformedError, RangeWarning } from '../../src/errors.js';
import { connect, type FileKeyClient } from '../../src/node/connect.js';
import { type EncryptedServer, serve } from '../../src/node/serve.js';
import { lengthsOf } from '../../src/protocol/lengths.js';
import { piecesOf } from '../../src/protocol/pieces.js';

/** More elements than one piece has. */
const SIZE = 70;
const IMAGES = 5;
const network = mlp({
  inputs: SIZE,
  hidden: [6],
  classes: 3,
  activation: () => new PolynomialActivation({ degree: 2, bound: 6 }),
});
const inputs = Float32Array.from({ length: 20 * SIZE }, (_, i) => (1 + Math.sin(1.7 * i)) / 2);
const data = new ArrayDataset({ inputs, inputShape: [SIZE], labels: new Int32Array(20) });
const images = Array.from({ length: IMAGES }, (_, i) => inputs.slice(i * SIZE, (i + 1) * SIZE));

let folder: string;
let plan: BatchPlan;
let server: EncryptedServer;
let client: FileKeyClient;
/** The bodies that the client sent, by path. */
const sent = new Map<string, Uint8Array<ArrayBuffer>>();
const originalFetch = globalThis.fetch;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-he-'));
  plan = await compile(network, { input: [SIZE], calibrate: data, layout: 'batch' });
  server = await serve(plan, { timings: true });
  globalThis.fetch = (url, options) => {
    if (options?.body instanceof Uint8Array) sent.set(new URL(String(url)).pathname, Uint8Array.from(options.body));
    return originalFetch(url, options);
  };
  client = await connect(server.url);
  await client.createKeys(join(folder, 'me.key'));
});

afterAll(async () => {
  globalThis.fetch = originalFetch;
  await client.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function expectLogits(results: readonly { readonly logits: Float64Array }[]): Promise<void> {
  const program = await programOf(network, [SIZE]);
  expect(results).toHaveLength(IMAGES);
  results.forEach(({ logits }, i) => {
    const { logits: wanted } = runProgram(program, images[i]!);
    wanted.forEach((logit, k) => {
      expect(Math.abs(logits[k]! - logit)).toBeLessThan(plan.errorBound);
    });
  });
}

test('a client gets the logits of every image of a batch, which it sends in pieces', async () => {
  const results = await client.runMany(images);
  await expectLogits(results);
  for (const { warnings, times } of results) {
    expect(warnings).toEqual([]);
    expect(times.operations!.weightedSums!.count).toBeCloseTo((SIZE * 6 + 6 * 3) / IMAGES);
  }
  const { upload } = lengthsOf(plan.parameters, plan.client());
  const pieces = [...sent]
    .filter(([path]) => path.includes('/batch/'))
    .map(([path, { length }]) => [path.split('/').at(-1), length]);
  expect(pieces).toEqual(piecesOf(SIZE, upload).map(({ first, count }) => [String(first), count * upload]));
  expect(pieces.length).toBeGreaterThan(1);
  expect(client.messages.request).toBe(SIZE * upload);
});

test('one image takes a batch; what cannot be computed is refused before, what is doubtful named after', async () => {
  await expect(client.runMany([images[0]!, images[1]!.map(() => Number.NaN)])).rejects.toThrow(RangeWarning);
  const { warnings } = await client.run(images[1]!.map((value) => 30 * value));
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/numbers of the input are not from/),
    expect.stringMatching(/the largest logit is/),
  ]);
});

test('what is missing, out of turn or no piece is refused, and the next batch is computed', async () => {
  const [path] = [...sent.keys()].filter((each) => each.endsWith('/batch/0'));
  const base = path!.slice(0, -'/0'.length);
  const post = (place: string, body?: Uint8Array<ArrayBuffer>) =>
    originalFetch(`${server.url}${base}${place}`, { method: 'POST', ...(body && { body }) });
  const whole = sent.get(path!)!;
  const last = [...sent.keys()].filter((each) => each.startsWith(`${base}/`)).at(-1)!;
  const end = last.slice(base.length);
  // Nothing was loaded; then a part of it.
  expect((await post('')).status).toBe(400);
  expect((await post(end, sent.get(last)!)).status).toBe(400);
  expect((await post('/0', whole)).status).toBe(200);
  expect((await post('')).status).toBe(400);
  expect((await post('/1', whole)).status).toBe(400);
  expect((await post('/0', whole.slice(1))).status).toBe(413);
  const mutated = whole.slice();
  mutated[3]! ^= 1;
  expect((await post('/0', mutated)).status).toBe(400);
  expect((await originalFetch(`${server.url}${base.replace(/batch$/, 'run')}`, { method: 'POST' })).status).toBe(400);
  // Several at once: what is not refused is answered.
  const all = await Promise.all(['/0', '', end, ''].map((place) => post(place, place === '/0' ? whole : undefined)));
  for (const { status } of all) expect([200, 400, 413, 429]).toContain(status);
  // A client that began anew after half a batch.
  expect((await post('/0', whole)).status).toBe(200);
  await expectLogits(await client.runMany(images));
});

test('a server that says without end that it computes is refused', async () => {
  const { relinearization } = lengthsOf(plan.parameters, plan.client());
  expect(client.messages.keys).toBe(relinearization);
  const other = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      const isResult = incoming.url!.endsWith('/batch');
      outgoing.writeHead(isResult ? 202 : 200);
      if (incoming.url === '/plan') outgoing.end(JSON.stringify(plan.client()));
      else outgoing.end(incoming.url!.includes('/batch') ? undefined : 'a'.repeat(32));
    });
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const asking = await connect(`http://127.0.0.1:${port}`);
  await asking.useKeys(join(folder, 'me.key'));
  await expect(asking.run(images[0]!)).rejects.toThrow('does not let the client wait');
  asking[Symbol.dispose]();
  other.close();
});

test.each([
  ['elements that there are not', { elements: [0, SIZE] }],
  ['elements twice', { elements: [1, 1] }],
  ['no logits', { logits: 0 }],
  ['rotations', { rotations: [1] }],
  ['a level that there is not', { input: { level: 9, scale: 2 ** 30 } }],
])('a server whose plan has %s is refused', async (_, wrong) => {
  const other = createServer((__, outgoing) => outgoing.end(JSON.stringify({ ...plan.client(), ...wrong })));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(connect(`http://127.0.0.1:${port}`)).rejects.toThrow(MalformedError);
  other.close();
});
