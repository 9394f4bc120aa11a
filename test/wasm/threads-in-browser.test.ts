import { describe, expect, test } from 'vitest';
import { noBrowser, TestBrowser } from '../gpu/browser.js';
import type { Findings } from './pages/threads.js';

describe.skipIf(noBrowser)('kernels in Chromium', () => {
  test.each([
    [true, /SIMD, 2 threads\)$/],
    [false, /SIMD, 1 thread\)$/],
  ])('on a page that is cross-origin isolated: %s', async (isolated, description) => {
    const browser = await TestBrowser.launch({ isolated });
    try {
      const page = await browser.open('../wasm/pages/threads.ts');
      const warnings: string[] = [];
      page.on('console', (message) => warnings.push(message.text()));
      const found = (await page.evaluate('findings()')) as Findings;
      expect(found.description).toMatch(description);
      expect(found.same).toBe(true);
      // Sums of 300 products of numbers of about 1, each rounded.
      expect(found.difference).toBeLessThan(300 * 300 * 2 ** -24);
      expect(warnings).toEqual(isolated ? [] : [expect.stringContaining('kernels run on one thread')]);
    } finally {
      await browser.close();
    }
  });
});
