import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { casesOfWebGpu } from '../../packages/tensor/test/webgpu/cases.js';
import { noBrowser, TestBrowser } from '../gpu/browser.js';
import { gradientCases } from '../gpu/gradients.js';

/** Random inputs of each case. */
const RUNS = 2;

describe.skipIf(noBrowser)('webgpu in Chromium', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
    page = await browser.open('../webgpu/pages/checks.ts');
  });
  afterAll(() => browser.close());

  test('names the adapter', async () => {
    const description = await page.evaluate('describeDevice()');
    console.warn(`TESTED: ${description} in a browser`);
    expect(description).toMatch(/^webgpu: .*swiftshader.*, tensors of up to \d+ elements$/i);
  });

  test.each(casesOfWebGpu)('kernels: $name', async ({ name }) => {
    expect(await page.evaluate(`runKernelCase(${JSON.stringify(name)}, ${RUNS})`)).toBeUndefined();
  });

  test.each(Object.keys(gradientCases))('gradients: %s', async (name) => {
    expect(await page.evaluate(`runGradientCase(${JSON.stringify(name)}, ${RUNS})`)).toBeUndefined();
  });

  test.each(['AdamW', 'SGD'])('a training has the losses of the reference, with %s', async (optimizer) => {
    const losses = (await page.evaluate(`losses('${optimizer}')`)) as number[];
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });
});
