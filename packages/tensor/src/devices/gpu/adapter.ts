import { EXACT_INTEGERS, type GpuLimits } from './limits.js';
import type { GpuMode } from './modes.js';

/** What computes, by name, and how much it holds. */
export interface Adapter {
  readonly adapter: string;
  readonly limits: GpuLimits;
}

/** What a context of WebGPU says of itself, as far as it is asked. */
export interface WebGpuContext {
  readonly adapter: {
    readonly info?: { readonly [name in 'vendor' | 'architecture' | 'device' | 'description']?: string };
  };
  readonly device: {
    readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
  };
}

/** What a context of WebGL is asked. */
export type WebGlContext = Pick<
  WebGL2RenderingContext,
  'getExtension' | 'getParameter' | 'MAX_TEXTURE_SIZE' | 'RENDERER'
>;

/** What holds wherever the adapter does not set a lower limit. */
const exactly: GpuLimits = { elements: EXACT_INTEGERS, because: 'shaders count in floats, exactly up to 2^24' };

function limitedBy(elements: number, because: string): GpuLimits {
  return elements < exactly.elements ? { elements, because } : exactly;
}

function describeWebGpu({ adapter, device }: WebGpuContext): Adapter {
  const { vendor, architecture, device: model, description } = adapter.info ?? {};
  const names = [vendor, architecture, model, description].filter((name) => name);
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const room = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
  return {
    adapter: names.join(' ') || 'an adapter without a name',
    limits: limitedBy(room, 'the size of a buffer of the adapter'),
  };
}

function describeWebGl(gl: WebGlContext): Adapter {
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const side = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  return {
    adapter: String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER)),
    // For a number of elements between side·(side − 1) and side², gpu.js takes rows of side + 1.
    limits: limitedBy(side * (side - 1), `textures of ${side}x${side}`),
  };
}

/** Names what a mode computes with, from the context in which it does. */
export function describeAdapter(mode: GpuMode, context: unknown): Adapter {
  switch (mode) {
    case 'cpu':
      return { adapter: 'JavaScript on the processor', limits: exactly };
    case 'webasm':
      return { adapter: 'WebAssembly on the processor', limits: exactly };
    case 'webgpu':
      return describeWebGpu(context as WebGpuContext);
    case 'webgl2':
    case 'headlessgl':
      return describeWebGl(context as WebGlContext);
  }
}
