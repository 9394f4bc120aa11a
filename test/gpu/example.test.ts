import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, TestBrowser } from './browser.js';

const html = readFileSync(new URL('../../examples/browser/index.html', import.meta.url), 'utf8');

/** The y coordinates of the lines of a chart. */
async function lines(page: Page, chart: string): Promise<number[][]> {
  const points = await page.$$eval(`#${chart} polyline`, (found) => found.map((line) => line.getAttribute('points')!));
  return points.map((each) => each.split(' ').map((point) => Number(point.split(',')[1])));
}

describe.skipIf(noBrowser)('the page of examples/browser', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    const script = /<script[^>]*><\/script>/;
    expect(html).toMatch(script);
    page = await browser.open(
      '../../examples/browser/main.ts',
      html.replace(script, ''),
      "document.getElementById('status').textContent === 'Ready.'",
    );
  });
  afterAll(() => browser.close());

  test('offers the modes of the browser, WebGL 2 first', async () => {
    const offered = await page.$$eval('#mode option', (options) => options.map((option) => option.textContent));
    expect(offered).toEqual(['webgl2', 'webgpu', 'webasm', 'cpu']);
  });

  test('trains a network of degree 8 by WebGL 2, and draws loss and reach', async () => {
    await page.setViewportSize({ width: 1120, height: 760 });
    await page.click('#train');
    await page.waitForFunction("/done|Error/.test(document.getElementById('status').textContent)", undefined, {
      timeout: 100_000,
    });
    expect(await page.textContent('#status')).toMatch(/^Epoch 2 of 2, step 40: loss [\d.]+: done$/);
    expect(await page.textContent('#device')).toMatch(/^gpu \(webgl2\): .*SwiftShader/);
    const [loss] = await lines(page, 'loss');
    expect(loss).toHaveLength(40);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Lower on the page is larger in y.
    expect(mean(loss!.slice(-5))).toBeGreaterThan(mean(loss!.slice(0, 5)) + 20);
    const reaches = await lines(page, 'reach');
    expect(reaches.map(({ length }) => length)).toEqual([40, 40]);
    expect(await page.textContent('#reach .limit-label')).toBe('B = 8');
    const screenshot = await page.screenshot({ path: join(tmpdir(), 'pnn-browser-example.png') });
    expect(screenshot.length).toBeGreaterThan(20_000);
  });
});
