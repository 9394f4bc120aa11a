import { type Library, loadLibrary } from './library.js';

/** What gpu.js computes with, the one that is chosen first where none is named in front. */
export const gpuModes = ['webgl2', 'webgpu', 'headlessgl', 'webasm', 'cpu'] as const;

/**
 * `webgl2`: fragment shaders in a browser; `webgpu`: compute shaders in a browser, or where Node has a `navigator.gpu`;
 * `headlessgl`: WebGL 1 in Node, by the package gl; `webasm` and `cpu`: the same kernels without a GPU.
 */
export type GpuMode = (typeof gpuModes)[number];

/** Whether a mode can be used here. */
export interface GpuModeReport {
  readonly mode: GpuMode;
  readonly available: boolean;
  /** What is missing, and how to get it; undefined where nothing is. */
  readonly missing: string | undefined;
}

const inBrowser = (): boolean => typeof document !== 'undefined' || typeof OffscreenCanvas !== 'undefined';

async function missingFor(mode: GpuMode, library: Library): Promise<string | undefined> {
  switch (mode) {
    case 'webgl2':
      if (library.isWebGL2Supported) return undefined;
      return inBrowser()
        ? 'the browser gives no WebGL 2 context: allow hardware acceleration in its settings'
        : 'WebGL 2 is a feature of browsers: in Node take headlessgl or webgpu';
    case 'webgpu':
      if (!library.isWebGPUSupported) {
        return inBrowser()
          ? 'there is no navigator.gpu: take a browser with WebGPU, and a page from https or localhost'
          : 'there is no navigator.gpu: npm install webgpu, and make its create([]) the navigator.gpu before gpu()';
      }
      return (await library.isWebGPUAvailable())
        ? undefined
        : 'navigator.gpu has no adapter: install a driver of the GPU, or allow the browser to use it';
    case 'headlessgl':
      if (library.isHeadlessGLSupported) return undefined;
      return inBrowser()
        ? 'headless WebGL is for Node: in a browser take webgl2 or webgpu'
        : 'the package gl is not installed or finds no display: npm install gl@8.1.6 (it may have to be compiled, with ' +
            'the headers of libxi, libxext, libglu and libglew), and start the program by xvfb-run where there is no screen';
    case 'webasm':
      return library.isWebAssemblySupported ? undefined : 'the platform has no WebAssembly';
    case 'cpu':
      return undefined;
  }
}

/** What is missing for one mode; undefined where it can be used. */
export async function missingForMode(mode: GpuMode): Promise<string | undefined> {
  return missingFor(mode, await loadLibrary());
}

/**
 * Which modes this machine has, in the order in which `gpu()` chooses, and what the others lack.
 *
 * @throws DeviceError where gpu.js is not installed
 */
export async function listGpuModes(): Promise<readonly GpuModeReport[]> {
  const library = await loadLibrary();
  const reports: GpuModeReport[] = [];
  for (const mode of gpuModes) {
    const missing = await missingFor(mode, library);
    reports.push({ mode, available: missing === undefined, missing });
  }
  return reports;
}
