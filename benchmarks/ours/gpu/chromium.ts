import type { Page } from 'playwright-core';
import { hardwareFlags, noBrowser, TestBrowser } from '../../../test/gpu/browser.js';
import type { Adapter } from '../../protocol.js';
import { AbsentError } from '../../serve.js';
import type { Respondent } from '../../subject.js';
import type { GpuWay } from './device.js';
import type { BenchmarkPage } from './page.js';

const PAGE = '../../benchmarks/ours/gpu/page.ts';

/** Calls a method of the page with plain data. */
function call<Name extends keyof BenchmarkPage>(
  page: Page,
  name: Name,
  parameter: Parameters<BenchmarkPage[Name]>[0],
): ReturnType<BenchmarkPage[Name]> {
  return page.evaluate(`benchmark.${name}(${JSON.stringify(parameter)})`) as ReturnType<BenchmarkPage[Name]>;
}

/**
 * The device in headless Chromium: on the GPU where the browser finds one, else by its SwiftShader.
 *
 * @throws AbsentError where there is no browser, or it does not have the mode
 */
export async function openInChromium(mode: GpuWay): Promise<Respondent & { readonly adapter: Adapter }> {
  if (noBrowser !== undefined) throw new AbsentError(noBrowser);
  // On the way out the browser is ended at once, whatever its GPU process still computes.
  process.on('SIGTERM', () => process.exit());
  // Pages that are cross-origin isolated have the finer clock.
  const browser = await TestBrowser.launch({ isolated: true, flags: hardwareFlags });
  const page = await browser.open(PAGE);
  const started = await call(page, 'start', mode);
  if (!('absent' in started)) return { adapter: started, answer: (request) => call(page, 'answer', request) };
  await browser.close();
  throw new AbsentError(started.absent);
}
