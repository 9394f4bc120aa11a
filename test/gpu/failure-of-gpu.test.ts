import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, TestBrowser } from './browser.js';

describe.skipIf(noBrowser)('a GPU that fails', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
  });
  afterAll(() => browser.close());

  test.each([
    ['webgl2', 'lost', /the GPU was lost/],
    ['webgpu', 'lost', /lost/],
    ['webgpu', 'refused', /the GPU refused work/],
  ])('gives no zeros in mode %s where it was %s, and gpu() opens a new one', async (mode, kind, message) => {
    const page = await browser.open('pages/failure-of-gpu.ts');
    const [failure, next] = (await page.evaluate(`afterFailure('${mode}', '${kind}')`)) as [string, number];
    expect(failure).toMatch(message);
    expect(next).toBe(40);
    await page.close();
  });
});
