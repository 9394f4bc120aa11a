import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserModes, noBrowser, TestBrowser } from './browser.js';

describe.skipIf(noBrowser)('a GPU that fails', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.launch();
  });
  afterAll(() => browser.close());

  /** The error of a use after a failure, and what the device computes that gpu() gives then. */
  async function afterFailure(...settings: readonly string[]): Promise<unknown> {
    const page = await browser.open('pages/failure-of-gpu.ts');
    try {
      return await page.evaluate(`afterFailure(${settings.map((each) => JSON.stringify(each))})`);
    } finally {
      await page.close();
    }
  }

  const uses = ['reads', 'launches', 'compiles', 'makes'];
  const losses = browserModes.flatMap((mode) => uses.map((use) => [mode, 'lost', use, 'the GPU was lost'] as const));

  test.each([...losses, ['webgpu', 'refused', 'reads', 'the GPU refused work'] as const])(
    'in mode %s that was %s is a DeviceError for a program that %s, and gpu() opens a new one',
    async (mode, kind, use, message) => {
      expect(await afterFailure(mode, kind, use)).toEqual([
        expect.stringMatching(`^DeviceError: gpu .*${message}`),
        40,
      ]);
    },
  );

  test.each(browserModes)('in mode %s is found by gpu() where nothing is computed in between', async (mode) => {
    expect(await afterFailure(mode, 'lost')).toEqual([undefined, 40]);
  });
  test('that cannot write floats is a DeviceError that says what to do', async () => {
    const page = await browser.open(
      'pages/failure-of-gpu.ts',
      `<!doctype html><script>
        const { getExtension } = WebGL2RenderingContext.prototype;
        WebGL2RenderingContext.prototype.getExtension = function (name) {
          return name === 'EXT_color_buffer_float' ? null : getExtension.call(this, name);
        };
      </script>`,
    );
    expect(await page.evaluate("failureToOpen('webgl2')")).toMatch(
      /^DeviceError: gpu: webgl2 cannot be opened \(.*float.*\): name another mode$/i,
    );
    await page.close();
  });
});
