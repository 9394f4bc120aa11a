import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { hardwareFlags, noBrowser, softwareFlags, TestBrowser } from '../../test/gpu/browser.js';
import type { Contest, ContestSettings } from './contest.js';
import { type ContestantName, contestantNames } from './contestant.js';
import type { ContestPage } from './page.js';
import type { Row } from './turns.js';

const usage = `npm run bench:webgpu -- [OPTIONS]

The device webgpu beside gpu.js, jax-js and TensorFlow.js on WebGPU, in one process, turn by turn.

  --browser        in a page of headless Chromium, in place of Node
  --software       in the page, by SwiftShader also where there is a GPU
  --filter LIST    works whose names contain one of the parts, such as matmul,conv
  --peers LIST     beside ours: gpu.js,jax-js,tfjs (where nothing is said all of them)
  --seconds N      for each work, all together (where nothing is said 4)
  --quick          works so small that it is only shown that all runs
  --help           shows this

Times are until the first number of the result is read, over inputs that lie on the GPU. In Node, a driver of Vulkan computes;
VK_DRIVER_FILES names its manifest where it is not found.`;

/** Who the peers of a list are; undefined for a name that there is not. */
function contestantsOf(list: string): ContestantName[] | undefined {
  const names = ['ours', ...list.split(',').filter((name) => name !== '')];
  const known = contestantNames.filter((name) => names.includes(name));
  return known.length === new Set(names).size ? known : undefined;
}

/** Ours first, and how many times as long each other one takes. */
function lines(rows: readonly Row[]): string[] {
  return rows.map(({ name, median, least, repetitions, difference }) => {
    const ratio = `${(median / rows[0]!.median).toFixed(2)} times`;
    const times = `median ${median.toFixed(2)} ms, least ${least.toFixed(2)} ms`;
    return `  ${name.padEnd(8)}${ratio.padStart(12)}  ${times}, ${repetitions} turns, differs by ${difference.toExponential(1)}`;
  });
}

/** How long Chromium may take to find an adapter. */
const ADAPTER_MS = 10_000;

/** Chromium never answers where it finds no driver. */
async function checkAdapter(page: Page): Promise<void> {
  const answer = page.evaluate('navigator.gpu?.requestAdapter().then((adapter) => adapter !== null) ?? false');
  const silence = setTimeout(ADAPTER_MS, false, { ref: false });
  if (await Promise.race([answer, silence])) return;
  throw new Error('Chromium finds no GPU: name the manifest of its driver in VK_DRIVER_FILES, or take --software');
}

/** The contest in a page of Chromium. */
async function openInPage(isSoftware: boolean): Promise<ContestPage> {
  if (noBrowser !== undefined) throw new Error(noBrowser);
  const browser = await TestBrowser.launch({ isolated: true, flags: isSoftware ? softwareFlags : hardwareFlags });
  const page = await browser.open('../../benchmarks/webgpu/page.ts');
  await checkAdapter(page);
  const call = (method: string, ...parameters: unknown[]) =>
    page.evaluate(`contest.${method}(${parameters.map((each) => JSON.stringify(each)).join(', ')})`);
  return {
    open: (names) => call('open', names) as Promise<string>,
    worksOf: (settings) => call('worksOf', settings) as Promise<string[]>,
    measure: (name, settings) => call('measure', name, settings) as Promise<readonly Row[]>,
  };
}

/** The contest in this process, whose WebGPU all take from `navigator.gpu`. */
async function openHere(): Promise<ContestPage> {
  // The package `webgpu` beside benchmarks has types alone.
  const resolved = createRequire(new URL('../../package.json', import.meta.url)).resolve('webgpu');
  const { create, globals } = (await import(resolved)) as { create(options: string[]): GPU; globals: object };
  Object.assign(globalThis, globals);
  const navigator = { gpu: create([]), userAgent: 'node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const { Contest: Opened } = await import('./contest.js');
  let contest: Contest;
  return {
    async open(names) {
      contest = await Opened.open(names);
      return contest.description;
    },
    worksOf: (settings) => contest.worksOf(settings),
    measure: (name, settings) => contest.measure(name, settings),
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      browser: { type: 'boolean', default: false },
      software: { type: 'boolean', default: false },
      filter: { type: 'string', default: '' },
      peers: { type: 'string', default: contestantNames.slice(1).join() },
      seconds: { type: 'string', default: '4' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = contestantsOf(values.peers);
  const seconds = Number(values.seconds);
  if (!names || !(seconds > 0)) {
    console.error(names ? `--seconds ${values.seconds}: more than 0` : `--peers ${values.peers}: see --help`);
    return 2;
  }
  const filter = values.filter.split(',').filter((part) => part !== '');
  const settings: ContestSettings = { filter, seconds, quick: values.quick };
  const contest = values.browser ? await openInPage(values.software) : await openHere();
  console.log(`${await contest.open(names)}, in ${values.browser ? 'Chromium' : 'Node'}`);
  for (const name of await contest.worksOf(settings)) {
    console.log(name);
    for (const line of lines(await contest.measure(name, settings))) console.log(line);
  }
  return 0;
}

// Libraries keep the process alive.
process.exit(
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }),
);
