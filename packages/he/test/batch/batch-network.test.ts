import { mlp, smallCnn } from '@pnn/models';
import {
  ArrayDataset,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  type Module,
  Residual,
  Sequential,
  type Shape,
  sizeOf,
} from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchNetwork } from '../../src/batch/batch-network.js';
import { groupsOf } from '../../src/batch/map.js';
import { BatchPlan } from '../../src/batch/plan.js';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { SparseMatrix } from '../../src/compile/sparse-matrix.js';
import { compile } from '../../src/compile.js';
import { PlanError } from '../../src/errors.js';
import { SlotsEvaluator } from '../slots-evaluator.js';

function samplesOf(shape: Shape, count = 6): ArrayDataset {
  const inputs = Float32Array.from({ length: count * sizeOf(shape) }, (_, i) => (1 + Math.sin(1.3 * i * i)) / 2);
  return new ArrayDataset({ inputs, inputShape: shape, labels: new Int32Array(count) });
}

/** Images of a batch that are compared. */
const IMAGES = 3;

/** Compiles a network and runs the plan on slots that are not encrypted, in pieces of 50 ciphertexts. */
async function expectSame(network: Module, shape: Shape): Promise<BatchPlan> {
  const data = samplesOf(shape);
  const plan = await compile(network, { input: shape, calibrate: data, precision: 0.1, layout: 'batch' });
  // There are keys for no rotation.
  const batch = new BatchNetwork(plan, new SlotsEvaluator(plan.parameters, []));
  const images = Array.from({ length: IMAGES }, (_, i) => {
    const image = new Float32Array(sizeOf(shape));
    data.read([i], image, new Int32Array(1));
    return image;
  });
  const { elements, input } = plan.client();
  const messages = elements.map((element) => {
    const slots = new Float64Array(plan.images);
    images.forEach((image, i) => {
      slots[i] = image[element]!;
    });
    return SlotsEvaluator.message(slots, input.level, input.scale);
  });
  for (let first = 0; first < messages.length; first += 50) batch.load(messages.slice(first, first + 50));
  const results = batch.run().map((bytes) => SlotsEvaluator.numbers(bytes));
  expect(batch.live).toBe(0);
  const program = await programOf(network, shape);
  images.forEach((image, i) => {
    const { logits } = runProgram(program, image);
    const largest = Math.max(1, ...logits.map(Math.abs));
    logits.forEach((logit, k) => {
      expect(Math.abs(results[k]![i]! - logit)).toBeLessThan(2e-5 * largest);
    });
  });
  return plan;
}

const activation = (degree: number) => () => new PolynomialActivation({ degree, bound: 10 });

test.each<[number, number]>([
  [2, 70],
  [3, 4],
  [8, 4],
  [22, 4],
])(
  'an MLP of degree %i and width %i: levels, scales and results are right, without rotations',
  async (degree, width) => {
    await expectSame(mlp({ inputs: 30, hidden: [width], classes: 3, activation: activation(degree) }), [30]);
  },
);

test('polynomials of channels, and activations in front of normalization', async () => {
  const options = { classes: 5, order: 'activation-first' } as const;
  const perChannel = () => new PolynomialActivation({ degree: 4, bound: 10, learnable: true, channels: 4 });
  await expectSame(
    smallCnn({ channels: 1, height: 8, width: 8, filters: [4], activation: perChannel, ...options }),
    [1, 8, 8],
  );
});

test('convolutions, pooling and residual sums', async () => {
  const network = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1 }),
    activation(2)(),
    new Residual(new Sequential(new Conv2d(4, 4, 3, { padding: 1 }), new BatchNorm2d(4), activation(2)())),
    new AvgPool2d(2),
    new Flatten(),
    new Linear(64, 10),
  );
  const plan = await expectSame(network, [1, 8, 8]);
  expect(`${plan}`).toMatch(/batches of 4096 images.*no rotations.*GB of ciphertexts/s);
});

test('elements that nothing takes are not sent', async () => {
  const network = new Sequential(new Conv2d(1, 2, 1, { stride: 2 }), activation(2)(), new Flatten(), new Linear(32, 2));
  const plan = await expectSame(network, [1, 8, 8]);
  expect(plan.elements).toHaveLength(16);
});

test('rows with the same columns are one group, whatever their weights', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 9 }), (rows, columns) => {
      const matrix = SparseMatrix.build(rows, columns, (row, entry) => {
        // Odd rows have every second column; some weights are 0.
        for (let column = 0; column < columns; column += 1 + (row % 2)) entry(column, (row + column) % 3);
      });
      const source = { size: columns };
      const groups = groupsOf({ size: rows, terms: new Map([[source, matrix]]), constant: new Float64Array(rows) });
      const seen = new Float64Array(rows * columns);
      for (const { rows: own, columns: taken, values } of groups) {
        expect(own.length).toBeLessThanOrEqual(64);
        own.forEach((row, i) => {
          taken.forEach((column, k) => {
            seen[row * columns + column] = values[i * taken.length + k]!;
          });
        });
      }
      const expected = new Float64Array(rows * columns);
      for (let row = 0; row < rows; row++)
        matrix.forRow(row, (column, value) => {
          expected[row * columns + column] = value;
        });
      expect(Buffer.compare(Buffer.from(seen.buffer), Buffer.from(expected.buffer))).toBe(0);
      const kinds = columns > 1 && rows > 1 ? [Math.ceil(rows / 2), Math.floor(rows / 2)] : [rows];
      expect(groups).toHaveLength(kinds.reduce((sum, each) => sum + Math.ceil(each / 64), 0));
    }),
    { numRuns: 30 },
  );
});

test('the layout follows from what is asked for', async () => {
  const network = mlp({ inputs: 30, hidden: [20], classes: 3, activation: activation(2) });
  const options = { input: [30], calibrate: samplesOf([30]), precision: 0.1 };
  expect(await compile(network, { ...options, optimize: 'throughput' })).toBeInstanceOf(BatchPlan);
  expect(await compile(network, { ...options, optimize: 'latency' })).not.toBeInstanceOf(BatchPlan);
  expect(await compile(network, { ...options, optimize: 'throughput', layout: 'single' })).not.toBeInstanceOf(
    BatchPlan,
  );
});

test('ciphertexts that do not fit into memory are refused by one sentence', async () => {
  const network = new Sequential(new Conv2d(1, 64, 1), activation(2)(), new Flatten(), new Linear(64 * 16 * 16, 2));
  const options = {
    input: [1, 16, 16],
    calibrate: samplesOf([1, 16, 16], 1),
    precision: 0.1,
    layout: 'batch',
  } as const;
  const refused = compile(network, options);
  await expect(refused).rejects.toThrow(PlanError);
  await expect(refused).rejects.toThrow(/takes \d+\.\d GiB of ciphertexts.*take fewer channels/);
});

test('missing, superfluous and wrong ciphertexts are refused, and nothing of the batch is left', async () => {
  const network = mlp({ inputs: 4, hidden: [3], classes: 2, activation: activation(2) });
  const plan = await compile(network, { input: [4], calibrate: samplesOf([4]), precision: 0.1, layout: 'batch' });
  const batch = new BatchNetwork(plan, new SlotsEvaluator(plan.parameters, []));
  const { level, scale } = plan.input;
  const message = SlotsEvaluator.message(new Float64Array(plan.images), level, scale);
  batch.load([message, message]);
  expect(() => batch.run()).toThrow('2 ciphertexts instead of 4');
  expect(batch.live).toBe(0);
  batch.load([message, message, message]);
  expect(() => batch.load([message, message])).toThrow('5 ciphertexts instead of 4');
  expect([batch.live, batch.loaded]).toEqual([0, 0]);
  expect(() => batch.load([SlotsEvaluator.message(new Float64Array(plan.images), level - 1, scale)])).toThrow(
    'of level',
  );
  expect(batch.live).toBe(0);
});
