import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MeasuredName, measuredFunctions, type Worst } from '../../packages/tensor/test/webgpu/accuracy.js';
import { casesOfWebGpu } from '../../packages/tensor/test/webgpu/cases.js';
import { noBrowser, TestBrowser } from '../gpu/browser.js';
import { gradientCases } from '../gpu/gradients.js';

/** Random inputs of each case. */
const RUNS = 2;

/** Arguments of each function, over all floats and over its range. */
const ARGUMENTS = 2 ** 14;

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

  test('functions are within two units in the last place of their exact values', async () => {
    const units: string[] = [];
    for (const name of Object.keys(measuredFunctions) as MeasuredName[]) {
      const worst = (await page.evaluate(`worstOf('${name}', ${ARGUMENTS})`)) as Worst;
      expect(worst.units, `${name} at ${worst.at}`).toBeLessThanOrEqual(2);
      units.push(`${name} ${worst.units.toFixed(2)}`);
    }
    console.warn(
      `TESTED: ${await page.evaluate('describeDevice()')} in a browser: units in the last place: ${units.join(', ')}`,
    );
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
