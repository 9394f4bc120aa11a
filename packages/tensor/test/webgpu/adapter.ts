import './swiftshader.js';

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
