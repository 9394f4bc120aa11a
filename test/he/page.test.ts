/** The page of examples/browser/encrypted, in Chromium. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:net';
import { digits } from '@pnn/data';
import { compile } from '@pnn/he';
import { type EncryptedServer, serve } from '@pnn/he/node';
import { defaultExperiment, Experiment } from '@pnn/lab';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PageServer, servePage } from '../../examples/browser/encrypted/page-server.js';
import { noBrowser, TestBrowser } from '../gpu/browser.js';

/** Keeps what the page wipes, which is its secret key. */
const keepWiped = `
  const fill = Uint8Array.prototype.fill;
  window.wiped = [];
  Uint8Array.prototype.fill = function (...args) {
    if (this.length > 50_000 && args.length === 1 && args[0] === 0) window.wiped.push(this.slice());
    return fill.apply(this, args);
  };
`;

describe.skipIf(noBrowser)('the page of examples/browser/encrypted', () => {
  let server: EncryptedServer;
  let pages: PageServer;
  let recorder: Server;
  let browser: TestBrowser;
  let page: Page;
  /** Every byte between the page and its server. */
  const traffic: Buffer[] = [];

  beforeAll(async () => {
    const data = digits({ train: 1500, test: 60 });
    const model = { name: 'mlp', widths: [16], order: 'normalization-first', dropout: 0 } as const;
    const { method } = defaultExperiment;
    const polynomial = { ...method.polynomial!, degree: 2 };
    const experiment = new Experiment({ ...defaultExperiment, model, method: { ...method, polynomial } }, data);
    for await (const _ of experiment.run());
    const { network, inputShape, normalization } = experiment.described;
    server = await serve(await compile(network, { input: inputShape, calibrate: data.train, normalization }));
    pages = await servePage(server.url);
    const port = Number(new URL(pages.url).port);
    recorder = createServer((socket) => {
      const upstream = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('data', (part) => traffic.push(part));
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
    browser = await TestBrowser.launch();
    page = await browser.visit(`http://127.0.0.1:${(recorder.address() as AddressInfo).port}/`, keepWiped);
    await page.waitForFunction("!document.getElementById('ask').disabled || document.querySelector('#status.bad')");
  });

  afterAll(async () => {
    await browser.close();
    recorder.close();
    await pages.close();
    await server.close();
  });

  const say = () => page.textContent('#status');
  const answered = () => page.waitForFunction("!document.getElementById('ask').disabled");

  test('wants a digit first', async () => {
    expect(await say()).toBe('Ready: draw a digit.');
    await page.click('#ask');
    await page.waitForSelector('#status.bad');
    expect(await say()).toBe('Draw a digit first.');
  });

  test('encrypts what was drawn, and shows ten scores with times and bytes', async () => {
    const box = (await page.locator('#digit').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 40, { steps: 5 });
    await page.mouse.up();
    await page.click('#ask');
    await answered();
    expect(await say()).toMatch(/^It looks like a \d\.$|^\d+ numbers of the input|^the largest logit/);
    const scores = await page.$$eval('#scores tr', (rows) =>
      rows.map((row) => Number(row.lastElementChild!.textContent)),
    );
    expect(scores).toHaveLength(10);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(await page.$$eval('#scores tr.best', (rows) => rows.length)).toBe(1);
    const facts = await page.textContent('#facts');
    expect(facts).toMatch(/encrypt\d+ ms.*decrypt\d+ ms.*sent\d+ kB.*received\d+ kB/s);
    expect(facts).toContain('N = 8192');
  });

  test('the secret key is in none of the bytes that went between the page and its server', async () => {
    const [key, ...others] = (await page.evaluate('window.wiped.map((bytes) => Array.from(bytes))')) as number[][];
    expect(others).toEqual([]);
    const secret = Buffer.from(key!);
    const sent = Buffer.concat(traffic);
    // Keys to compute with went through, and what went is what was searched.
    expect(sent.length).toBeGreaterThan(1e6);
    expect(sent.includes('POST /sessions/')).toBe(true);
    // Behind the header: words of residues, of which none would go by chance.
    for (let at = 200; at + 32 < secret.length; at += 4096 + 24) {
      expect(sent.includes(secret.subarray(at, at + 32)), `bytes from ${at}`).toBe(false);
    }
  });

  test('a server that is gone is told in a sentence', async () => {
    await server.close();
    await page.click('#ask');
    await page.waitForSelector('#status.bad');
    expect(await say()).toMatch(/^there is no answer from http:\S+: is the server running\?$/);
  });
});
