import { describe, expect, test } from 'vitest';
import { noBrowser, TestBrowser } from '../gpu/browser.js';
import type { Findings } from './pages/threads.js';

describe.skipIf(noBrowser)('kernels in Chromium', () => {
  test.each([
    ['is cross-origin isolated', { isolated: true }, /SIMD, 2 threads\)$/, undefined],
    ['is not cross-origin isolated', { isolated: false }, /SIMD, 1 thread\)$/, /one thread: memory cannot be shared/],
    [
      'allows no workers',
      { isolated: true, policy: "worker-src 'none'" },
      /SIMD, 1 thread\)$/,
      /one thread: worker 1 did not start: .*Content-Security-Policy/,
    ],
  ] as const)('on a page that %s', async (_page, settings, description, warning) => {
    const browser = await TestBrowser.launch(settings);
    try {
      const page = await browser.open('../wasm/pages/threads.ts');
      const warnings: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'warning') warnings.push(message.text());
      });
      const found = (await page.evaluate('findings()')) as Findings;
      expect(found.description).toMatch(description);
      expect(found.same).toBe(true);
      // Sums of 300 products of numbers of about 1, each rounded.
      expect(found.difference).toBeLessThan(300 * 300 * 2 ** -24);
      expect(warnings).toEqual(warning ? [expect.stringMatching(warning)] : []);
    } finally {
      await browser.close();
    }
  });
});
