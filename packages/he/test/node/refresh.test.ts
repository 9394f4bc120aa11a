import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArrayDataset, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Residual, Sequential } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { compile } from '../../src/compile.js';
import { MalformedError, PlanError } from '../../src/errors.js';
import { connect, type FileKeyClient } from '../../src/node/connect.js';
import { type EncryptedServer, serve } from '../../src/node/serve.js';
import type { Plan } from '../../src/plan/plan.js';
import { joined, lengthsOf, partsOf } from '../../src/protocol/lengths.js';
import { ModulusChain, readCiphertext, writeCiphertext } from '../../src/seal-format/index.js';

const activation = () => new PolynomialActivation({ degree: 8, bound: 6 });

/** ResNet-8 in small: a stem, a block, a block of stride 2 with a projection. */
function block(from: number, to: number, stride: number) {
  const body = new Sequential(
    new Conv2d(from, to, 3, { padding: 1, stride, bias: false }),
    new BatchNorm2d(to),
    activation(),
    new Conv2d(to, to, 3, { padding: 1, bias: false }),
    new BatchNorm2d(to),
  );
  const shortcut = stride === 1 ? undefined : new Conv2d(from, to, 1, { stride, bias: false });
  return [new Residual(body, shortcut), activation()];
}

const SHAPE = [1, 8, 8];
const network = new Sequential(
  new Conv2d(1, 3, 3, { padding: 1, bias: false }),
  new BatchNorm2d(3),
  activation(),
  ...block(3, 3, 1),
  ...block(3, 4, 2),
  new AvgPool2d(4),
  new Flatten(),
  new Linear(4, 3),
);
const data = new ArrayDataset({
  inputs: Float32Array.from({ length: 16 * 64 }, (_, i) => Math.sin(i * i)),
  inputShape: SHAPE,
  labels: new Int32Array(16),
});
const sample = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i));

let folder: string;
let plan: Plan;
let server: EncryptedServer;
let client: FileKeyClient;
/** Of the runs so far: the path and the body of each stage. */
const sent: { readonly path: string; readonly body: Uint8Array<ArrayBuffer> }[] = [];
const original = globalThis.fetch;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-he-'));
  plan = await compile(network, { input: SHAPE, calibrate: data, refresh: true });
  server = await serve(plan);
  globalThis.fetch = (url, options) => {
    const { pathname } = new URL(String(url));
    if (pathname.includes('/run')) sent.push({ path: pathname, body: options!.body as Uint8Array<ArrayBuffer> });
    return original(url, options);
  };
  client = await connect(server.url, { refresh: true });
  await client.createKeys(join(folder, 'me.key'));
});

afterAll(async () => {
  globalThis.fetch = original;
  await client.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: Uint8Array<ArrayBuffer>) =>
  original(`${server.url}${path}`, { method: 'POST', body });

async function expectRight(): Promise<void> {
  const { logits: wanted } = runProgram(await programOf(network, SHAPE), sample);
  const { logits, warnings, times } = await client.run(sample);
  expect(warnings).toEqual([]);
  expect(times.refresh).toBeGreaterThan(0);
  wanted.forEach((logit, i) => {
    expect(Math.abs(logits[i]! - logit)).toBeLessThan(plan.errorBound);
  });
}

test('a residual network runs encrypted, with the help of the client, within the bound', async () => {
  const { refreshes } = plan.client();
  expect(refreshes).toHaveLength(5);
  await expectRight();
  expect(sent.map(({ path }) => path.replace(/[0-9a-f]{32}/g, 'ID'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((stage) => `/sessions/ID/run/ID/${stage}`),
  );
});

test('who has not allowed refreshes is asked for none', async () => {
  await expect(connect(server.url)).rejects.toThrow(PlanError);
  await expect(connect(server.url)).rejects.toThrow('decrypt and encrypt again 5 times');
});

test('stages out of order, of another run, or malformed end the run, and the next one is right', async () => {
  const own = sent.slice(-6);
  const [first, second] = own as [(typeof own)[0], (typeof own)[0]];
  // The run is over: no stage of it is waited for.
  expect((await post(second.path, second.body)).status).toBe(409);
  const answer = await post(first.path, first.body);
  expect(answer.status).toBe(200);
  const lengths = lengthsOf(plan.parameters, plan.client());
  expect((await answer.arrayBuffer()).byteLength).toBe(plan.client().refreshes[0]!.ciphertexts * lengths.refreshes[0]!);
  expect((await post(own[2]!.path, own[2]!.body)).status).toBe(409);
  expect((await post(second.path.replace(/[0-9a-f]{32}\/1$/, `${'0'.repeat(32)}/1`), second.body)).status).toBe(409);
  expect((await post(second.path, second.body.slice(1))).status).toBe(413);
  const malformed = second.body.slice();
  malformed[70]! ^= 0xff;
  expect((await post(second.path, malformed)).status).toBe(400);
  expect((await post(second.path, second.body)).status).toBe(409);
  for (const end of ['', '/x/1', `/${'0'.repeat(32)}/6`, `/${'0'.repeat(32)}/01e0`]) {
    const path = first.path.replace(/\/[0-9a-f]{32}\/0$/, end);
    expect((await post(path, first.body)).status).toBe(400);
  }
  await expectRight();
});

test('a client that stays away is forgotten after its time', async () => {
  const [first, second] = sent.slice(-6) as [(typeof sent)[0], (typeof sent)[0]];
  expect((await post(first.path, first.body)).status).toBe(200);
  const whether = async () => (await post(second.path, second.body.slice(1))).status;
  expect(await whether()).toBe(413);
  // By the server's clock, a minute and a second go by.
  const { now } = Date;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 61_000);
  try {
    await expect.poll(whether, { timeout: 60_000, interval: 250 }).toBe(409);
  } finally {
    clock.mockRestore();
  }
  await expectRight();
});

test('a server that answers a refresh with something else is refused', async () => {
  const own = globalThis.fetch;
  globalThis.fetch = async (url, options) => {
    const response = await own(url, options);
    if (!String(url).endsWith('/2')) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    body[90]! ^= 0xff;
    return new Response(body, response);
  };
  await expect(client.run(sample)).rejects.toThrow(MalformedError);
  globalThis.fetch = own;
  await expectRight();
});

test('whatever a server asks to be refreshed, the client goes on: it is no oracle of decryption', async () => {
  const own = globalThis.fetch;
  const before = sent.length;
  const { refreshes } = plan.client();
  globalThis.fetch = async (url, options) => {
    const response = await own(url, options);
    if (!String(url).endsWith('/0')) return response;
    const body = new Uint8Array(await response.arrayBuffer());
    const { level, ciphertexts } = refreshes[0]!;
    const words = new BigUint64Array(2 * plan.parameters.degree * (level + 1));
    const chosen = partsOf(body, body.length / ciphertexts).map((bytes, k) => {
      for (let i = 0; i < words.length; i++)
        words[i] = (BigInt(i * i + k) * 0x9e3779b97f4a7c15n) % plan.parameters.primes[0]!;
      const data = readCiphertext(bytes, chain);
      return writeCiphertext({ ...data, coefficients: new Uint8Array(words.buffer) }, chain);
    });
    return new Response(joined(chosen), response);
  };
  const chain = new ModulusChain(plan.parameters);
  try {
    const { warnings } = await client.run(sample);
    expect(warnings).not.toEqual([]);
  } finally {
    globalThis.fetch = own;
  }
  expect(sent.length - before).toBe(refreshes.length + 1);
  await expectRight();
});
