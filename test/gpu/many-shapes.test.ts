import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserModes, noBrowser, TestBrowser } from './browser.js';

describe.skipIf(noBrowser)('in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await browser.open('pages/many-shapes.ts');
  });
  afterAll(() => browser.close());

  test.each(browserModes)('many shapes leave as many kernels and textures as few do, in mode %s', async (mode) => {
    const alive = async (shapes: number) =>
      (await page.evaluate(`aliveAfterShapes('${mode}', ${shapes})`)) as { handles: number; kernels: number };
    const few = await alive(10);
    expect(few.kernels).toBeLessThanOrEqual(6);
    expect(few.handles).toBeGreaterThan(0);
    const many = await alive(60);
    expect(many.kernels).toBe(few.kernels);
    // Those of the first call are still there.
    expect(many.handles).toBe(2 * few.handles);
  });
});
