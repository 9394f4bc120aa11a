import { type GpuMode, gpu } from '@pnn/tensor/gpu';
import { checkGradientCase } from '../gradients.js';
import { failureOf } from './failure.js';

/** Checks one of the gradient cases, and returns what went wrong. */
async function runGradientCase(mode: GpuMode, name: string, runs: number): Promise<string | undefined> {
  return failureOf(async () => checkGradientCase(await gpu({ mode }), name, runs));
}

Object.assign(window, { runGradientCase, isReady: true });
