import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  averagePool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  decodeSafetensors,
  Linear,
  Module,
  ReLU,
  Sequential,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { loadSafetensors, loadWeights, saveWeights } from '@pnn/nn/node';
import { afterEach, beforeEach, expect, it } from 'vitest';

const written = fileURLToPath(new URL('weights.safetensors', import.meta.url));

/** As `Network` of weights.py. */
class Network extends Module {
  readonly features = new Sequential(new Conv2d(2, 3, 3, { padding: 1, bias: false }), new BatchNorm2d(3), new ReLU());
  readonly lastNorm = new BatchNorm1d(12);
  readonly fc1 = new Linear(12, 2);

  override forward(x: Tensor): Tensor {
    return this.fc1.forward(this.lastNorm.forward(averagePool2d(this.features.forward(x), [2, 2]).reshape([-1, 12])));
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-weights-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a state dict that PyTorch has written makes the same network here', async () => {
  const network = new Network().eval();
  const { input, output } = await loadWeights(written, network, { names: 'pytorch' });
  const x = tensor(Float32Array.from(JSON.parse(input!) as number[]), { shape: [2, 2, 4, 4] });
  const y = network.forward(x).dataSync();
  const expected = (JSON.parse(output!) as number[][]).flat();
  for (const [i, value] of expected.entries()) expect(Math.abs(y[i]! - value)).toBeLessThan(1e-5);
  expect(network.lastNorm.batchesTracked!.itemSync()).toBe(3);
});

it('a state dict is written as PyTorch has written it: the same names, shapes and bits', async () => {
  const network = new Network();
  await loadWeights(written, network, { names: 'pytorch' });
  const path = join(folder, 'ours.safetensors');
  await saveWeights(path, network, { names: 'pytorch' });
  const { tensors } = await loadSafetensors(path);
  const theirs = decodeSafetensors(new Uint8Array(readFileSync(written)), written).tensors;
  expect(new Map([...tensors].sort())).toEqual(new Map([...theirs].sort()));
});

it('without the option the names do not fit, and the error lists them', async () => {
  await expect(loadWeights(written, new Network())).rejects.toThrow(
    /missing: features\.1\.gamma, .*lastNorm\.gamma.*unexpected: .*last_norm\.running_mean/,
  );
});
