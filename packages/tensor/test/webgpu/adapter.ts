import { existsSync } from 'node:fs';

/** The driver that computes on the processor, as Debian's package chromium brings it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

if (!process.env.VK_DRIVER_FILES && !process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER)) {
  process.env.VK_DRIVER_FILES = SWIFTSHADER;
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
}

const { webgpu } = await import('@pnn/tensor/webgpu');

async function reasonOf(opening: Promise<unknown>): Promise<string | undefined> {
  try {
    await opening;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why there is no WebGPU in Node here; undefined where there is. */
export const missing = await reasonOf(webgpu({ software: true }));

/** Which adapter is tested in Node, or why none is. */
export const tested = missing
  ? `NOT TESTED: webgpu in Node: ${missing}`
  : `TESTED: ${(await webgpu({ software: true })).description} in Node`;
