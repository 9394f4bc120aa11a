import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kernelCases } from '../../packages/tensor/test/gpu/cases/index.js';
import { browserModes, noBrowser, TestBrowser } from './browser.js';

/** Every run compiles shaders for other shapes. */
const RUNS = 4;

test('says which modes of a browser are tested', () => {
  const modes = `${browserModes.join(', ')} in a browser`;
  console.warn(noBrowser ? `NOT TESTED: ${modes}: ${noBrowser}` : `TESTED: ${modes}`);
  expect(noBrowser ?? '').toMatch(/^$|install Debian's package chromium/);
});

describe.skipIf(noBrowser)('in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await browser.open('pages/kernels.ts');
  });
  afterAll(() => browser.close());

  describe.each(browserModes)('kernels in mode %s', (mode) => {
    test('names the adapter', async () => {
      const description = await page.evaluate(`describeDevice(${JSON.stringify(mode)})`);
      expect(description).toMatch(
        new RegExp(`^gpu \\(${mode}\\): .*swiftshader.*, tensors of up to 16777216 elements$`, 'i'),
      );
    });

    test.each(kernelCases)('$name', async ({ name }) => {
      const call = `runKernelCase(${JSON.stringify(mode)}, ${JSON.stringify(name)}, ${RUNS})`;
      expect(await page.evaluate(call)).toBeUndefined();
    });
  });
});
