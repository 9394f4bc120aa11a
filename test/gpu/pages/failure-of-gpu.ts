import { scope, type Tensor, tensor } from '@pnn/tensor';
import { type GpuDevice, type GpuMode, gpu } from '@pnn/tensor/gpu';

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

/** What a program does once the GPU has failed, before it asks for a device again. */
const uses = {
  reads: async ({ made }) => void (await made.data()),
  /** By a kernel that was compiled before the failure. */
  launches: async ({ made }) => void (await scope(() => made.mul(2)).data()),
  /** By a kernel that is compiled now. */
  compiles: async ({ made }) => void (await scope(() => made.exp()).data()),
  makes: async ({ device }) => void (await tensor([1, 2, 3], { device }).data()),
} satisfies Record<string, (given: { readonly device: GpuDevice; readonly made: Tensor }) => Promise<void>>;

/** The error of a use after the failure, where there is one, and what a device that is asked for afterwards computes. */
async function afterFailure(
  mode: GpuMode,
  kind: keyof typeof failures,
  use?: keyof typeof uses,
): Promise<readonly [string | undefined, number]> {
  const device = await gpu({ mode });
  const doubled = () => scope(() => tensor([21], { device }).mul(2));
  const before = doubled();
  if ((await before.item()) !== 42) throw new Error('wrong before the failure');
  const made = doubled();
  failures[kind]();
  // By then WebGPU has told what happened.
  if (!use) await new Promise((resolve) => setTimeout(resolve, 100));
  const failure = use && (await uses[use]({ device, made }).then(() => 'none', String));
  contexts.length = 0;
  devices.length = 0;
  const next = await gpu({ mode });
  return [failure, await scope(() => tensor([20], { device: next }).mul(2)).item()];
}

/** The error of opening a mode. */
async function failureToOpen(mode: GpuMode): Promise<string> {
  return gpu({ mode }).then(() => 'none', String);
}

Object.assign(window, { afterFailure, failureToOpen, isReady: true });
