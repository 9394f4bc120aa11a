import { readFileSync } from 'node:fs';
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
  /** The page with another script in place of its own, followed by the program, once its status is this. */
  const open = (script: string, status: string): Promise<Page> => {
    const own = /<script[^>]*><\/script>/;
    expect(html).toMatch(own);
    const ready = `/${status}/.test(document.getElementById('status').textContent)`;
    return browser.open('../../examples/browser/main.ts', html.replace(own, script), ready);
  };
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await open('', '^Ready\\.$');
  });
  afterAll(() => browser.close());

  test('offers WebGPU first, and then what gpu.js has', async () => {
    const offered = await page.$$eval('#devices option', (options) => options.map((option) => option.textContent));
    const ofLibrary = ['webgl2', 'webgpu', 'webasm', 'cpu'].map((mode) => `gpu.js, ${mode}`);
    expect(offered).toEqual(['webgpu, by the processor', ...ofLibrary]);
  });

  test('says what is wrong where no devices can be looked for', async () => {
    const broken = "get gpu() { throw new Error('no access') }";
    const other = await open(
      `<script>Object.defineProperties(navigator, Object.getOwnPropertyDescriptors({ ${broken} }))</script>`,
      '^Error: ',
    );
    expect(await other.textContent('#status')).toBe('Error: no access');
    expect(await other.isDisabled('#train')).toBe(true);
    await other.close();
  });

  test.each([
    ['webgpu, by the processor', /^webgpu: .*SwiftShader/i],
    ['gpu.js, webgl2', /^gpu \(webgl2\): .*SwiftShader/],
  ])('trains a network of degree 8 by %s, and draws loss and reach', async (name, device) => {
    await page.selectOption('#devices', { label: name });
    await page.setViewportSize({ width: 1120, height: 760 });
    await page.click('#train');
    await page.waitForFunction("!/done|Ready/.test(document.getElementById('status').textContent)");
    await page.waitForFunction("/done|Error/.test(document.getElementById('status').textContent)", undefined, {
      timeout: 100_000,
    });
    expect(await page.textContent('#status')).toMatch(/^Epoch 2 of 2, step 40: loss [\d.]+: done$/);
    expect(await page.textContent('#device')).toMatch(device);
    const [loss] = await lines(page, 'loss');
    expect(loss).toHaveLength(40);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Lower on the page is larger in y.
    expect(mean(loss!.slice(-5))).toBeGreaterThan(mean(loss!.slice(0, 5)) + 20);
    const reaches = await lines(page, 'reach');
    expect(reaches.map(({ length }) => length)).toEqual([40, 40]);
    expect(await page.textContent('#reach .limit-label')).toBe('B = 8');
    const screenshot = await page.screenshot();
    expect(screenshot.length).toBeGreaterThan(20_000);
  });
});
