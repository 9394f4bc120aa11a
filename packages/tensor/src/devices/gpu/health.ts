import { DeviceError } from '../../errors.js';
import type { GpuMode } from './modes.js';

/** Fails where what a device has computed cannot be trusted any more; a GPU itself goes on, with zeros. */
export type HealthCheck = () => void;

type WebGlContext = Pick<WebGL2RenderingContext, 'isContextLost' | 'getError' | 'NO_ERROR' | 'OUT_OF_MEMORY'>;

/** What is watched of a context of WebGPU. */
interface WebGpuContext {
  readonly device: {
    readonly lost: Promise<{ readonly message: string }>;
    addEventListener(type: 'uncapturederror', listen: (event: { readonly error: { message: string } }) => void): void;
  };
}

const LOST = 'the GPU was lost, and the elements of its tensors with it';

/** The check, and what tells it what has gone wrong: the first thing counts. */
function healthOf(device: string, onFailure: () => void): { check: HealthCheck; fail: (reason: string) => void } {
  let failure: string | undefined;
  return {
    check() {
      if (failure === undefined) return;
      throw new DeviceError(
        `${device}: ${failure}: begin anew with the device that gpu() gives now, or with another one`,
      );
    },
    fail(reason) {
      if (failure !== undefined) return;
      failure = reason;
      onFailure();
    },
  };
}

function watchWebGl(device: string, gl: WebGlContext, onFailure: () => void): HealthCheck {
  const { check, fail } = healthOf(device, onFailure);
  return () => {
    if (gl.isContextLost()) fail(LOST);
    for (let error = gl.getError(); error !== gl.NO_ERROR; error = gl.getError()) {
      if (error === gl.OUT_OF_MEMORY) fail('the memory of the GPU did not suffice, and elements are missing');
    }
    check();
  };
}

function watchWebGpu(name: string, { device }: WebGpuContext, onFailure: () => void): HealthCheck {
  const { check, fail } = healthOf(name, onFailure);
  device.lost.then(({ message }) => fail(`${LOST} (${message})`));
  device.addEventListener('uncapturederror', ({ error }) => fail(`the GPU refused work (${error.message})`));
  return check;
}

/**
 * Watches the context in which a mode computes.
 *
 * @param onFailure is called once, when something has gone wrong
 */
export function watchHealth(device: string, mode: GpuMode, context: unknown, onFailure: () => void): HealthCheck {
  switch (mode) {
    case 'cpu':
    case 'webasm':
      return () => {};
    case 'webgpu':
      return watchWebGpu(device, context as WebGpuContext, onFailure);
    case 'webgl2':
    case 'headlessgl':
      return watchWebGl(device, context as WebGlContext, onFailure);
  }
}
