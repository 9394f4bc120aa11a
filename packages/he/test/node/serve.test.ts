import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import { compileWideObstacle } from '@pnn/nn/node';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { EncryptedClient } from '../../src/client/client.js';
import { KeyError, RangeWarning } from '../../src/errors.js';
import { PlatformError } from '../../src/evaluator/kernels.js';
import { connect, type FileKeyClient } from '../../src/node/connect.js';
import { readKeyFile } from '../../src/node/key-file.js';
import { type EncryptedServer, serve } from '../../src/node/serve.js';
import type { Plan } from '../../src/plan/plan.js';
import { lengthsOf } from '../../src/protocol/lengths.js';
import { sample, smallPlan } from './small-network.js';

let folder: string;
let plan: Plan;
let server: EncryptedServer;
let client: FileKeyClient;
/** Everything that went over the wire, both ways. */
const traffic: Buffer[] = [];
let proxy: ReturnType<typeof createServer>;
let logits: Float64Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-he-'));
  ({ plan, logits } = await smallPlan());
  // No client makes room for another one, however long these tests take.
  server = await serve(plan, { maxSessions: 2, yieldTime: 600_000 });
  const target = Number(new URL(server.url).port);
  proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    traffic.push(Buffer.from(`${method} ${url} ${JSON.stringify(headers)}`));
    const forward = httpRequest({ port: target, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.on('data', (part: Buffer) => {
        traffic.push(part);
        outgoing.write(part);
      });
      answer.on('end', () => outgoing.end());
    });
    // A connection that was kept may be closed when it is used again: the client asks twice.
    forward.on('error', () => outgoing.destroy());
    incoming.on('data', (part: Buffer) => {
      traffic.push(part);
      forward.write(part);
    });
    incoming.on('end', () => forward.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  client = await connect(`http://127.0.0.1:${(proxy.address() as { port: number }).port}`);
  await client.createKeys(join(folder, 'me.key'));
});

afterAll(async () => {
  await client.close();
  await server.close();
  proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: Uint8Array<ArrayBuffer>) => fetch(`${server.url}${path}`, { method: 'POST', body });

test('a client gets the logits of the network, within the bound', async () => {
  for (let i = 0; i < 3; i++) {
    const result = await client.run(sample);
    expect(result.warnings).toEqual([]);
    result.logits.forEach((logit, k) => {
      expect(Math.abs(logit - logits[k]!)).toBeLessThan(plan.errorBound);
    });
  }
});

test('the secret key is readable by its owner alone, and no part of it is in the traffic', async () => {
  const path = join(folder, 'me.key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const key = readFileSync(path);
  const sent = Buffer.concat(traffic);
  expect(sent.length).toBeGreaterThan(1e6);
  // Behind the header: words of residues, of which none would go by chance.
  const start = 200;
  for (let at = start; at + 32 < key.length - 32; at += 4096 + 24) {
    expect(sent.includes(key.subarray(at, at + 32)), `bytes from ${at}`).toBe(false);
  }
});

test('keys are refused when others may read them, when they are damaged, and for another plan', async () => {
  const path = join(folder, 'me.key');
  await expect(client.createKeys(path)).rejects.toThrow('is there already');
  const copy = join(folder, 'copy.key');
  const bytes = readFileSync(path);
  writeFileSync(copy, bytes, { mode: 0o600 });
  await chmod(copy, 0o640);
  await expect(client.useKeys(copy)).rejects.toThrow(/can be read by others than its owner: chmod 600/);
  await chmod(copy, 0o600);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(copy, bytes);
  await expect(client.useKeys(copy)).rejects.toThrow('is damaged');
  writeFileSync(copy, bytes.subarray(0, 40));
  await expect(client.useKeys(copy)).rejects.toThrow('is no secret key of this software');
  await expect(client.useKeys(join(folder, 'none.key'))).rejects.toThrow(KeyError);
  await expect(readKeyFile(path, '0'.repeat(64))).rejects.toThrow('is for another plan: make a key for this one');
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 20)) {
    writeFileSync(copy, whole.subarray(0, length));
    await expect(readKeyFile(copy, plan.hash)).rejects.toThrow(/is no secret key of this software|is damaged/);
  }
});

test('a key is for all that a client was told of a plan, not for the hash that a server gives', async () => {
  const changed = createServer((_, outgoing) => {
    const own = plan.client();
    outgoing.end(JSON.stringify({ ...own, input: { ...own.input, scale: own.input.scale / 2 } }));
  });
  await new Promise<void>((resolve) => changed.listen(0, '127.0.0.1', resolve));
  const second = await connect(`http://127.0.0.1:${(changed.address() as { port: number }).port}`);
  expect(second.plan.hash).toBe(plan.hash);
  await expect(second.useKeys(join(folder, 'me.key'))).rejects.toThrow('is for another plan');
  second[Symbol.dispose]();
  changed.close();
});

test('inputs that the network cannot take are refused, doubtful ones get a warning', async () => {
  await expect(client.run(sample.map((value, i) => (i === 3 ? NaN : value)))).rejects.toThrow(RangeWarning);
  await expect(client.run(sample.slice(1))).rejects.toThrow('takes [12]');
  const { warnings } = await client.run(sample.map((value) => 30 * value));
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/numbers of the input are not from/),
    expect.stringMatching(/the largest logit is/),
  ]);
});

test('whatever is not a message of the plan is refused, and the server goes on', async () => {
  const lengths = lengthsOf(plan.parameters, plan.client());
  const keys = lengths.relinearization + lengths.galois;
  expect((await post(`/sessions/${plan.hash}`, new Uint8Array(7))).status).toBe(413);
  // The reason arrives, although the server refuses before it has read the body.
  for (let i = 0; i < 10; i++) {
    expect((await post(`/sessions/${'0'.repeat(64)}`, new Uint8Array(keys))).status).toBe(403);
  }
  const zeros = await post(`/sessions/${plan.hash}`, new Uint8Array(keys));
  expect(zeros.status).toBe(400);
  expect(await zeros.text()).toMatch(/relinearization keys/);
  expect((await post(`/sessions/${'0'.repeat(32)}/run`, new Uint8Array(1))).status).toBe(404);
  expect((await fetch(`${server.url}/etc/passwd`)).status).toBe(400);
  expect((await client.run(sample)).warnings).toEqual([]);
});

test('mutated ciphertexts are refused or computed, and never end the session', async () => {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  const original = globalThis.fetch;
  let path = '';
  globalThis.fetch = async (url, options) => {
    if (String(url).endsWith('/run')) {
      path = new URL(String(url)).pathname;
      sent.push((options!.body as Uint8Array<ArrayBuffer>).slice());
    }
    return original(url, options);
  };
  try {
    await client.run(sample);
  } finally {
    globalThis.fetch = original;
  }
  const [body] = sent;
  for (let i = 0; i < 24; i++) {
    const mutated = body!.slice();
    const at = i < 16 ? i * 7 : Math.floor((mutated.length * i) / 24);
    mutated[at]! ^= 1 << (i % 8);
    const { status } = await post(path, mutated);
    expect([200, 400]).toContain(status);
    if (i < 8) expect(status).toBe(400);
  }
  expect((await client.run(sample)).warnings).toEqual([]);
});

/** The status of a request with headers that `fetch` does not let one choose. */
function statusOf(headers: Record<string, string>, url = server.url): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(`${url}/plan`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    asking.on('error', reject);
    asking.end();
  });
}

test.each<[number, Record<string, string>]>([
  [200, { host: 'localhost' }],
  [200, { host: '127.0.0.1:80', origin: 'http://localhost:3000' }],
  [200, { host: '[::1]:9' }],
  [421, { host: 'elsewhere.example' }],
  [421, { host: '127.0.0.1.elsewhere.example' }],
  [421, { host: '127.0.0.1@elsewhere.example' }],
  [421, { host: 'localhost', origin: 'https://elsewhere.example' }],
  [421, { host: 'localhost', origin: 'null' }],
])('status %i for a request with %j: pages of others cannot ask', async (status, headers) => {
  expect(await statusOf(headers)).toBe(status);
});

test('a name that was allowed may ask, as a proxy passes it on', async () => {
  const named = await serve(plan, { hosts: ['numbers.example'] });
  expect(await statusOf({ host: 'numbers.example', origin: 'https://numbers.example' }, named.url)).toBe(200);
  expect(await statusOf({ host: 'other.example' }, named.url)).toBe(421);
  await named.close();
});

test('a name is taken as requests have it, in any case', async () => {
  const named = await serve(plan, { hosts: ['Numbers.Example', '[::2]', 'xn--mnchen-3ya.example'] });
  expect(await statusOf({ host: 'NUMBERS.example:8443' }, named.url)).toBe(200);
  expect(await statusOf({ host: '[::2]' }, named.url)).toBe(200);
  await named.close();
});

test.each([
  '',
  ' ',
  'a b',
  'numbers.example:8080',
  'numbers.example:80',
  'numbers.example:',
  'https://numbers.example',
  'numbers.example/plan',
  'me@numbers.example',
  '*',
])('%j is no name of a server', async (host) => {
  await expect(serve(plan, { hosts: [host] })).rejects.toThrow(
    new ArgumentError(
      `serve: hosts are names without scheme and port, such as example.org, not ${JSON.stringify(host)}`,
    ),
  );
});

test.skipIf(compileWideObstacle() === undefined)(
  'PNN_SIMD=256 where that cannot be is told, but not where SEAL computes',
  async () => {
    vi.stubEnv('PNN_SIMD', '256');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(serve(plan)).rejects.toThrow(
      new PlatformError(`serve: PNN_SIMD is 256, and kernels cannot compute with 256 bits: ${compileWideObstacle()}`),
    );
    await (await serve(plan, { evaluator: 'seal' })).close();
  },
);

test('a session takes one body at a time: others are refused before they have memory', async () => {
  const own = await EncryptedClient.connect(server.url);
  const { fetch } = globalThis;
  let [path, body] = ['', new Uint8Array()];
  globalThis.fetch = (url, options) => {
    if (String(url).endsWith('/run')) [path, body] = [new URL(String(url)).pathname, options!.body as typeof body];
    return fetch(url, options);
  };
  own.useSecretKey(own.makeSecretKey());
  await own.sendKeys();
  await own.run(sample);
  globalThis.fetch = fetch;
  const begin = () => {
    const asking = httpRequest(`${server.url}${path}`, { method: 'POST', headers: { 'content-length': body.length } });
    asking.on('error', () => undefined);
    asking.write(body.subarray(0, 1000));
    return asking;
  };
  // A body of another length asks without taking the place.
  const expectStatus = (status: number) =>
    expect.poll(async () => (await post(path, body.slice(1))).status, { timeout: 60_000 }).toBe(status);
  const slow = begin();
  const answered = new Promise<number>((resolve) => slow.on('response', (answer) => resolve(answer.statusCode!)));
  await expectStatus(429);
  slow.end(body.subarray(1000));
  expect(await answered).toBe(200);
  await expectStatus(413);
  // One that breaks off leaves the place to the next.
  const broken = begin();
  await expectStatus(429);
  broken.destroy();
  await expectStatus(413);
  expect((await post(path, body)).status).toBe(200);
  await own.endSession();
  own.dispose();
});

test('a second client has keys of its own; a third one is told to wait', async () => {
  const second = await connect(server.url);
  await second.createKeys(join(folder, 'second.key'));
  expect(Math.abs((await second.run(sample)).logits[0]! - logits[0]!)).toBeLessThan(plan.errorBound);
  const third = await connect(server.url);
  await expect(third.createKeys(join(folder, 'third.key'))).rejects.toThrow('all that there may be');
  await second.close();
  third[Symbol.dispose]();
});
