import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserModes, noBrowser, TestBrowser } from './browser.js';

describe.skipIf(noBrowser)('in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await browser.open('pages/training.ts');
  });
  afterAll(() => browser.close());

  describe.each(browserModes)('training in mode %s', (mode) => {
    test.each(['AdamW', 'SGD'])('has the losses of the reference, with %s', async (optimizer) => {
      const losses = (await page.evaluate(`losses('${mode}', '${optimizer}')`)) as number[];
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
    });

    test('keeps no more textures after any step than after the second', async () => {
      const alive = (await page.evaluate(`aliveAfterSteps('${mode}')`)) as { handles: number; held: number }[];
      expect(alive).toHaveLength(6);
      // What was left of earlier trainings may be collected on the way.
      const [, second, ...later] = alive;
      expect(second!.held).toBeGreaterThan(20);
      expect(Math.max(...later.map(({ held }) => held))).toBeLessThanOrEqual(second!.held);
      expect(second!.handles).toBeGreaterThan(second!.held);
      expect(Math.max(...later.map(({ handles }) => handles))).toBeLessThanOrEqual(second!.handles);
    });
  });
});
