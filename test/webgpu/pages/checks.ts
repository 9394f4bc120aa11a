import { reference } from '@pnn/nn';
import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import { type MeasuredName, type Worst, worstOverAll } from '../../../packages/tensor/test/webgpu/accuracy.js';
import { casesOfWebGpu } from '../../../packages/tensor/test/webgpu/cases.js';
import { checkGradientCase } from '../../gpu/gradients.js';
import { failureOf } from '../../gpu/pages/failure.js';
import { compareTrainings } from '../../gpu/training.js';

const open = (): Promise<WebGpuDevice> => webgpu({ software: true });

/** Runs one of the kernel cases, and returns what went wrong. */
async function runKernelCase(name: string, runs: number): Promise<string | undefined> {
  return failureOf(async () => casesOfWebGpu.find((each) => each.name === name)!.check(await open(), runs));
}

/** Checks one of the gradient cases, and returns what went wrong. */
async function runGradientCase(name: string, runs: number): Promise<string | undefined> {
  return failureOf(async () => checkGradientCase(await open(), name, runs));
}

/** Trains on the device and by the reference, and returns the losses; throws where they differ. */
async function losses(optimizer: 'AdamW' | 'SGD'): Promise<readonly number[]> {
  return (await compareTrainings(await open(), reference, optimizer)).losses;
}

/** How far a function is from its exact values, over so many arguments. */
async function worstOf(name: MeasuredName, count: number): Promise<Worst> {
  return worstOverAll(await open(), name, count);
}

async function describeDevice(): Promise<string> {
  return (await open()).description;
}

Object.assign(window, { runKernelCase, runGradientCase, losses, worstOf, describeDevice, isReady: true });
