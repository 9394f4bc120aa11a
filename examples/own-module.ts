import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderReport, renderSummary, reportOf } from '@pnn/lab';
import { AdamW, ArrayDataset, BatchNorm1d, DataLoader, Generator, Linear, Module, setSeed, type Tensor } from '@pnn/nn';
import { type EpochRecord, PolynomialActivation, Trainer } from '@pnn/pnn';

/** Points of the plane, inside a ring or not. */
function ring(count: number, generator: Generator): ArrayDataset {
  const inputs = Float32Array.from({ length: 2 * count }, () => generator.normal());
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const radius = Math.hypot(inputs[2 * i]!, inputs[2 * i + 1]!);
    return radius > 0.7 && radius < 1.6 ? 1 : 0;
  });
  return new ArrayDataset({ inputs, inputShape: [2], labels, classes: ['outside', 'in the ring'] });
}

/** Calibration finds a bound for each; until then any will do. */
const activation = () => new PolynomialActivation({ degree: 8, bound: 10, outside: 'tangent' });

/** Two hidden layers with a shortcut around the second one. */
class Shortcut extends Module {
  readonly first = new Linear(2, 16);
  readonly firstNorm = new BatchNorm1d(16);
  readonly firstActivation = activation();
  readonly second = new Linear(16, 16);
  readonly secondNorm = new BatchNorm1d(16);
  readonly secondActivation = activation();
  readonly last = new Linear(16, 2);

  override forward(x: Tensor): Tensor {
    const features = this.firstActivation.forward(this.firstNorm.forward(this.first.forward(x)));
    const more = this.secondActivation.forward(this.secondNorm.forward(this.second.forward(features)));
    return this.last.forward(features.add(more));
  }
}

setSeed(7);
const train = new DataLoader(ring(1000, new Generator(1)), { batchSize: 50, shuffle: true });
const test = new DataLoader(ring(500, new Generator(2)), { batchSize: 100 });
const network = new Shortcut();
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 });
// The first 40 steps are made with ReLU; then every polynomial is fitted to the inputs that it gets.
const trainer = new Trainer(network, { optimizer, lambda: 1000, calibration: { steps: 40 } });

const epochs: EpochRecord[] = [];
for await (const epoch of trainer.fit(train, { epochs: 10, validation: test })) epochs.push(epoch);

const report = await reportOf(trainer, { title: 'A network of my own', dataset: 'ring', train, test, epochs });
const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'pnn-')));
await writeFile(join(folder, 'report.html'), renderReport(report));
console.log(renderSummary(report));
console.log(`Report: ${join(folder, 'report.html')}`);
