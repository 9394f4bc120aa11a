import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser to test with; undefined where there is one. */
export const noBrowser: string | undefined = existsSync(executablePath)
  ? undefined
  : `there is no ${executablePath}: install Debian's package chromium, or name another browser in CHROMIUM`;

/** Modes of the GPU device that a browser offers, computed by the processor: SwiftShader renders in software. */
export const browserModes = ['webgl2', 'webgpu'] as const;

const commonFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
];

/** With these the processor stands in for a GPU, by SwiftShader. */
export const softwareFlags: readonly string[] = [
  ...commonFlags,
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
];

/** With these Chromium computes on the GPU where it finds one, without a screen too, and by SwiftShader where not. */
export const hardwareFlags: readonly string[] = [
  ...commonFlags,
  '--ignore-gpu-blocklist',
  '--enable-unsafe-swiftshader',
  ...(process.platform === 'linux'
    ? ['--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface']
    : []),
];

/** A program as one script for a page. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    conditions: ['@pnn/source'],
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

/** Milliseconds that a browser and a page may take for anything: as long as a test may, for a busy machine is no failure. */
const PATIENCE = 120_000;

/** A headless Chromium that shows pages of this repository. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #files: Map<string, string>;
  readonly #scripts = new Map<string, string>();

  private constructor(browser: Browser, server: Server, files: Map<string, string>) {
    this.#browser = browser;
    this.#server = server;
    this.#files = files;
  }

  /**
   * @param isolated whether pages are cross-origin isolated, so that they can share memory with workers
   * @param policy what pages allow themselves: a Content-Security-Policy
   * @param flags what computes
   */
  static async launch({ isolated = false, policy = '', flags = softwareFlags } = {}): Promise<TestBrowser> {
    const files = new Map<string, string>();
    const server = createServer((request, response) => {
      const content = files.get(request.url ?? '');
      response.statusCode = content === undefined ? 404 : 200;
      if (isolated) {
        response.setHeader('cross-origin-opener-policy', 'same-origin');
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
      }
      if (policy) response.setHeader('content-security-policy', policy);
      response.setHeader('content-type', request.url?.endsWith('.js') ? 'text/javascript' : 'text/html');
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath, headless: true, args: [...flags], timeout: PATIENCE });
    return new TestBrowser(browser, server, files);
  }

  /**
   * Opens a page with a program, bundled from its source.
   *
   * @param program the path of a TypeScript file, relative to this one
   * @param html what the page shows before the program starts
   * @param ready an expression that holds once the program is ready
   */
  async open(
    program: string,
    html = '<!doctype html><title>test</title>',
    ready = 'window.isReady === true',
  ): Promise<Page> {
    const script = this.#scripts.get(program) ?? (await bundle(program));
    this.#scripts.set(program, script);
    const name = `/${this.#files.size}`;
    this.#files.set(`${name}.js`, script);
    this.#files.set(name, `${html}<script type="module" src="${name}.js"></script>`);
    const page = await this.#newPage();
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${name}`);
    await page.waitForFunction(ready).catch((error: unknown) => {
      throw errors[0] ?? error;
    });
    return page;
  }

  /**
   * Opens a page of another server.
   *
   * @param script runs in the page before its own
   */
  async visit(url: string, script: string): Promise<Page> {
    const page = await this.#newPage();
    await page.addInitScript(script);
    await page.goto(url);
    return page;
  }

  async #newPage(): Promise<Page> {
    const page = await this.#browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
