export { type WebGpuCounts, type WebGpuDevice, type WebGpuOptions, webgpu } from '../devices/webgpu/device.js';
