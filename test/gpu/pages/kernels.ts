import { type GpuMode, gpu } from '@pnn/tensor/gpu';
import { kernelCases } from '../../../packages/tensor/test/gpu/cases/index.js';
import { failureOf } from './failure.js';

/** Runs one of the kernel cases, and returns what went wrong. */
async function runKernelCase(mode: GpuMode, name: string, runs: number): Promise<string | undefined> {
  return failureOf(async () => kernelCases.find((each) => each.name === name)!.check(await gpu({ mode }), runs));
}

async function describeDevice(mode: GpuMode): Promise<string> {
  return (await gpu({ mode })).description;
}

Object.assign(window, { runKernelCase, describeDevice, isReady: true });
