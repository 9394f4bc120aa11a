import { dataLoaders, digits } from '@pnn/data';
import { smallCnn } from '@pnn/models';
import { AdamW, type Batch, crossEntropy, type Device, DeviceError, scope, setDevice, setSeed } from '@pnn/nn';
import { boundaryLoss, PolynomialActivation, RangeTracker } from '@pnn/pnn';
import { gpu, listGpuModes } from '@pnn/tensor/gpu';
import { webgpu } from '@pnn/tensor/webgpu';
import { drawChart } from './chart.js';

const BOUND = 8;
const EPOCHS = 2;

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const devices = element<HTMLSelectElement>('devices');
const button = element<HTMLButtonElement>('train');
const status = element('status');

/** What opens the devices that are offered, in their order. */
const openers: (() => Promise<Device>)[] = [];

/** Trains on a device, and draws after every step. */
async function train(device: Device): Promise<void> {
  setDevice(device);
  element('device').textContent = device.description ?? device.name;
  setSeed(7);
  const { train: batches } = dataLoaders(digits({ train: 640, test: 64 }), { batchSize: 32 });
  const network = smallCnn({
    channels: 1,
    height: 28,
    width: 28,
    classes: 10,
    filters: [4, 8],
    activation: () =>
      new PolynomialActivation({ target: 'relu', degree: 8, bound: BOUND, alpha: 0.7, outside: 'tangent' }),
  });
  const optimizer = new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 });
  const tracker = new RangeTracker(network);
  tracker.takeHistograms = false;
  const losses: number[] = [];
  const reaches = tracker.activations.map(([name]) => ({ label: `activation ${name}`, values: [] as number[] }));

  const step = async (batch: Batch): Promise<void> => {
    optimizer.zeroGrad();
    const loss = scope(() => {
      const task = crossEntropy(network.forward(batch.inputs), batch.labels);
      task.add(boundaryLoss(network, { lambda: 100 })).backward();
      return task.detach();
    });
    try {
      optimizer.step();
      losses.push(await loss.item());
      const ranges = await tracker.collect();
      tracker.accept();
      for (const [i, { maxAbs }] of ranges.entries()) reaches[i]!.values.push(maxAbs);
    } finally {
      loss.dispose();
    }
  };
  const draw = (epoch: number): void => {
    element('loss').innerHTML = drawChart({ lines: [{ label: 'loss', values: losses }] });
    element('reach').innerHTML = drawChart({ lines: reaches, limit: { label: `B = ${BOUND}`, value: BOUND } });
    const recent = losses.slice(-5);
    const mean = recent.reduce((sum, value) => sum + value, 0) / recent.length;
    status.textContent = `Epoch ${epoch} of ${EPOCHS}, step ${losses.length}: loss ${mean.toFixed(3)}`;
  };

  try {
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      for (const batch of batches) {
        try {
          await step(batch);
        } finally {
          batch.dispose();
        }
        draw(epoch);
        // Lets the page be drawn.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    status.textContent += ': done';
  } finally {
    tracker.detach();
    optimizer.dispose();
    network.dispose();
  }
}

function offer(name: string, open: () => Promise<Device>): void {
  openers.push(open);
  devices.add(new Option(name));
}

/** Offers WebGPU first, where the browser has it, and then the modes of gpu.js. */
async function offerDevices(): Promise<void> {
  try {
    const open = () => webgpu({ software: true });
    offer((await open()).isSoftware ? 'webgpu, by the processor' : 'webgpu', open);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    console.info(error.message);
  }
  for (const { mode, available, missing } of await listGpuModes()) {
    if (available) offer(`gpu.js, ${mode}`, () => gpu({ mode }));
    else console.info(`${mode}: ${missing}`);
  }
  button.disabled = false;
  status.textContent = 'Ready.';
}

const show = (error: unknown): void => {
  status.textContent = String(error);
};

button.addEventListener('click', async () => {
  for (const control of [button, devices]) control.disabled = true;
  status.textContent = 'The first step compiles the kernels …';
  for (const chart of ['loss', 'reach']) element(chart).replaceChildren();
  await openers[devices.selectedIndex]!().then(train).catch(show);
  for (const control of [button, devices]) control.disabled = false;
});

await offerDevices().catch(show);
