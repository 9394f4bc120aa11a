import { scope, tensor } from '@pnn/tensor';
import { type GpuMode, gpu } from '@pnn/tensor/gpu';
import { failureOf } from './failure.js';

interface GpuProcess {
  readonly createBuffer: (descriptor: object) => void;
  readonly destroy: () => void;
}

/** Every context and device that programs of this page have asked for. */
const contexts: WebGL2RenderingContext[] = [];
const devices: GpuProcess[] = [];

function remember<Made>(prototype: object, method: string, made: Made[]): void {
  const methods = prototype as Record<string, (...inputs: unknown[]) => unknown>;
  const original = methods[method]!;
  methods[method] = function (this: unknown, ...inputs: unknown[]) {
    const result = original.apply(this, inputs);
    Promise.resolve(result).then((each) => each && made.push(each as Made));
    return result;
  };
}

const { GPUAdapter } = window as unknown as { GPUAdapter: { prototype: object } };
remember(OffscreenCanvas.prototype, 'getContext', contexts);
remember(HTMLCanvasElement.prototype, 'getContext', contexts);
remember(GPUAdapter.prototype, 'requestDevice', devices);

const failures = {
  lost: () => {
    for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
    for (const device of devices) device.destroy();
  },
  /** WebGPU refuses buffers of any use at once; nothing of the kind is checked for in WebGL. */
  refused: () => {
    for (const device of devices) device.createBuffer({ size: 4, usage: 0xffff });
  },
} as const;

/** What reading gives once the GPU has failed, and what a device that is asked for afterwards computes. */
async function afterFailure(
  mode: GpuMode,
  kind: keyof typeof failures,
): Promise<readonly [string | undefined, number]> {
  const device = await gpu({ mode });
  const doubled = () => scope(() => tensor([21], { device }).mul(2));
  const before = doubled();
  if ((await before.item()) !== 42) throw new Error('wrong before the failure');
  const x = doubled();
  failures[kind]();
  const failure = await failureOf(async () => void (await x.data()));
  contexts.length = 0;
  devices.length = 0;
  const next = await gpu({ mode });
  return [failure, await scope(() => tensor([20], { device: next }).mul(2)).item()];
}

Object.assign(window, { afterFailure, isReady: true });
