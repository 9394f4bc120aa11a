export { type GpuDevice, type GpuOptions, gpu } from '../devices/gpu/device.js';
export type { GpuLimits } from '../devices/gpu/limits.js';
export { type GpuMode, type GpuModeReport, gpuModes, listGpuModes } from '../devices/gpu/modes.js';
