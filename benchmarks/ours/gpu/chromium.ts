import type { GpuMode } from '@pnn/tensor/gpu';
import type { Page } from 'playwright-core';
import { hardwareFlags, noBrowser, softwareFlags, TestBrowser } from '../../../test/gpu/browser.js';
import type { Adapter, Answer, Request } from '../../protocol.js';
import { AbsentError } from '../../serve.js';
import type { Respondent } from '../../subject.js';
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

/** The device in a page of Chromium. */
class PageRespondent implements Respondent {
  constructor(
    readonly adapter: Adapter,
    private readonly page: Page,
  ) {}

  async answer(request: Request): Promise<Answer> {
    try {
      return await call(this.page, 'answer', request);
    } catch (error) {
      return { error: (error as Error).message };
    }
  }
}

async function open(mode: GpuMode, flags: readonly string[]): Promise<PageRespondent | { readonly absent: string }> {
  // Pages that are cross-origin isolated have the finer clock.
  const browser = await TestBrowser.launch({ isolated: true, flags });
  const page = await browser.open(PAGE);
  const started = await call(page, 'start', mode);
  if (!('absent' in started) && started.isSoftware === (flags === softwareFlags)) {
    return new PageRespondent(started, page);
  }
  await browser.close();
  return 'absent' in started ? started : { absent: `Chromium computes by ${started.name}` };
}

/**
 * The device in headless Chromium: with the GPU where the browser finds one, else with SwiftShader.
 *
 * @throws AbsentError where there is no browser, or it does not have the mode
 */
export async function openInChromium(mode: GpuMode): Promise<PageRespondent> {
  if (noBrowser !== undefined) throw new AbsentError(noBrowser);
  const onGpu = await open(mode, hardwareFlags);
  if (!('absent' in onGpu)) return onGpu;
  const inSoftware = await open(mode, softwareFlags);
  if (!('absent' in inSoftware)) return inSoftware;
  throw new AbsentError(inSoftware.absent);
}
