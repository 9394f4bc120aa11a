import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserModes, noBrowser, TestBrowser } from './browser.js';
import { gradientCases } from './gradients.js';

/** Every run compiles shaders for other shapes. */
const RUNS = 6;

describe.skipIf(noBrowser)('in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await browser.open('pages/gradients.ts');
  });
  afterAll(() => browser.close());

  describe.each(browserModes)('gradients in mode %s', (mode) => {
    test.each(Object.keys(gradientCases))('%s', async (name) => {
      const call = `runGradientCase(${JSON.stringify(mode)}, ${JSON.stringify(name)}, ${RUNS})`;
      expect(await page.evaluate(call)).toBeUndefined();
    });
  });
});
