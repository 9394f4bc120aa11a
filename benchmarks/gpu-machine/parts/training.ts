import { type ActivationFactory, resnet8, resnet18 } from '@pnn/models';
import { AdamW, crossEntropy, ReLU, scope, setDevice, tensor } from '@pnn/nn';
import { boundaryLoss, PolynomialActivation } from '@pnn/pnn';
import { Timer } from '../../../packages/tensor/src/devices/webgpu/timing.js';
import { type Machine, numbers } from '../machine.js';

/** Steps of ResNet-18 on 32x32 images, with ReLU and with polynomials; loss and counts of every step. */
export async function training(machine: Machine): Promise<void> {
  const { device, executor, handle, scale, report } = machine;
  setDevice(device);
  const kinds: readonly (readonly [string, ActivationFactory, boolean])[] = [
    ['ReLU', () => new ReLU(), false],
    ['degree 8', () => new PolynomialActivation({ target: 'relu', degree: 8, bound: 10, alpha: 0.7 }), true],
  ];
  const steps = scale.batch < 128 ? 3 : 23;
  for (const [name, activation, isPolynomial] of kinds) {
    const network = (scale.batch < 128 ? resnet8 : resnet18)({ channels: 3, classes: 10, activation });
    const optimizer = new AdamW(network.parameterGroups(), { lr: 1e-3, maxNorm: 1 });
    const side = scale.batch < 128 ? 8 : 32;
    const x = numbers(machine, [scale.batch, 3, side, side]);
    const labels = tensor(
      Array.from({ length: scale.batch }, (_, i) => i % 10),
      { dtype: 'int32', device },
    );
    const times: number[] = [];
    const losses: number[] = [];
    const asking: number[] = [];
    const make = () => {
      optimizer.zeroGrad();
      const loss = scope(() => {
        const task = crossEntropy(network.forward(x), labels);
        const total = isPolynomial ? task.add(boundaryLoss(network, { lambda: 10 })) : task;
        total.backward();
        return task.detach();
      });
      optimizer.step();
      return loss;
    };
    for (let step = 0; step < steps; step++) {
      const before = device.counts;
      const start = performance.now();
      const loss = make();
      asking.push(performance.now() - start);
      losses.push(await loss.item());
      loss.dispose();
      times.push(performance.now() - start);
      if (step < 2 || step === steps - 1) {
        const { submits, dispatches, pipelines, buffers } = device.counts;
        report.add({
          network: name,
          step,
          ms: times[step],
          askedMs: asking[step],
          loss: losses[step],
          submits: submits - before.submits,
          dispatches: dispatches - before.dispatches,
          newPipelines: pipelines - before.pipelines,
          newBuffers: buffers - before.buffers,
        });
      }
    }
    const settled = times.slice(2).sort((a, b) => a - b);
    report.add({
      network: name,
      batch: scale.batch,
      medianMs: settled[Math.floor(settled.length / 2)],
      bestMs: settled[0],
      medianAskedMs: asking.slice(2).sort((a, b) => a - b)[Math.floor((steps - 2) / 2)],
      losses,
    });
    if (handle.features.has('timestamp-query')) {
      const timer = new Timer(handle);
      executor.queue.timer = timer;
      const loss = make();
      executor.queue.timer = undefined;
      await loss.item();
      loss.dispose();
      const byKernel = new Map<string, { count: number; ms: number }>();
      for (const { label, groups, milliseconds } of await timer.read()) {
        const key = `${label} @${groups}`;
        const { count, ms } = byKernel.get(key) ?? { count: 0, ms: 0 };
        byKernel.set(key, { count: count + 1, ms: ms + milliseconds });
      }
      const entries = [...byKernel].sort(([, a], [, b]) => b.ms - a.ms);
      report.add({ network: name, kernelsMs: entries.reduce((sum, [, { ms }]) => sum + ms, 0) });
      for (const [kernel, { count, ms }] of entries.slice(0, 40)) report.add({ network: name, kernel, count, ms });
    }
    x.dispose();
    labels.dispose();
  }
}
