import { DeviceError } from '../../errors.js';

/** Where WebGPU comes from: the browser, or the package `webgpu` in Node, which is loaded when it is first asked for. */
let provider: Promise<GPU> | undefined;

async function fromPackage(): Promise<GPU> {
  try {
    const { create } = (await import('webgpu')) as { create(options: string[]): GPU };
    // What it returns must live as long as the process: with it the instance of the driver goes.
    return create([]);
  } catch (cause) {
    throw new DeviceError(
      `webgpu: the package webgpu cannot be loaded (${cause instanceof Error ? cause.message : cause}): ` +
        'npm install webgpu, or take a browser with WebGPU',
      { cause },
    );
  }
}

/** @throws DeviceError where there is no WebGPU */
export function findGpu(): Promise<GPU> {
  const own = typeof navigator === 'undefined' ? undefined : (navigator as { readonly gpu?: GPU }).gpu;
  if (own) return Promise.resolve(own);
  if (typeof document !== 'undefined' || typeof OffscreenCanvas !== 'undefined') {
    const reason = 'there is no navigator.gpu: take a browser with WebGPU, and a page from https or localhost';
    return Promise.reject(new DeviceError(`webgpu: ${reason}`));
  }
  provider ??= fromPackage();
  return provider;
}

/** What an adapter says of itself, in one line. */
export function describeAdapter({ info }: GPUAdapter): string {
  const { vendor, architecture, device, description } = info;
  return [vendor, architecture, device, description].filter((name) => name).join(' ') || 'an adapter without a name';
}

/** Whether the adapter is a processor that stands in for a GPU. */
export function isSoftware({ info }: GPUAdapter): boolean {
  const { isFallbackAdapter } = info as { readonly isFallbackAdapter?: boolean };
  return (
    isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${info.description} ${info.device}`)
  );
}

/** An adapter, whatever it is. */
export async function requestAdapter(gpu: GPU): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) return adapter;
  throw new DeviceError(
    'webgpu: there is no adapter: install a driver of the GPU (Vulkan, and its loader libvulkan.so.1), or allow the ' +
      'browser to use it',
  );
}

/** The limits that kernels and large tensors ask for: those of the adapter. */
const limitNames = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * Opens a device with all that the adapter offers.
 *
 * @throws DeviceError where the driver has none left
 */
export async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(limitNames.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = (['timestamp-query'] as const).filter((feature) => adapter.features.has(feature));
  try {
    return await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (cause) {
    throw new DeviceError(
      `webgpu: ${describeAdapter(adapter)} gives no device (${cause instanceof Error ? cause.message : cause}): ` +
        'close other programs that use the GPU, or try later',
      { cause },
    );
  }
}
