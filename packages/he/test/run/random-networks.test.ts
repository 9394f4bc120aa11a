import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GlobalAvgPool,
  Linear,
  type Module,
  noGrad,
  Residual,
  Sequential,
  scope,
  zeros,
} from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlanError } from '../../src/errors.js';
import { expectSameOnSlots } from './expect-same-on-slots.js';

const activation = (degree: number) => new PolynomialActivation({ degree, bound: 8 });

const layer = fc.record({
  filters: fc.constantFrom(2, 4, 6),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
  padding: fc.integer({ min: 0, max: 1 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  groups: fc.constantFrom(1, 2),
  degree: fc.constantFrom(2, 3, 4),
  normalizedFirst: fc.boolean(),
  behind: fc.constantFrom('nothing', 'pooling', 'identity', 'projection'),
});

type LayerOptions = typeof layer extends fc.Arbitrary<infer T> ? T : never;

/** A convolution with normalization and activation in either order, and what may stand behind it. */
function layersOf(channels: number, options: LayerOptions): Module[] {
  const { filters, kernel, degree, normalizedFirst, behind, ...geometry } = options;
  const norm = new BatchNorm2d(filters);
  const act = activation(degree);
  const front = [
    new Conv2d(channels, filters, kernel, geometry),
    ...(normalizedFirst ? [norm, act] : [act, norm]),
    new Dropout(0.3),
  ];
  if (behind === 'nothing') return front;
  if (behind === 'pooling') return [...front, new AvgPool2d(2, { padding: 1 })];
  const stride = behind === 'identity' ? 1 : 2;
  const body = new Sequential(new Conv2d(filters, filters, 3, { padding: 1, stride }), new BatchNorm2d(filters));
  const shortcut = behind === 'identity' ? undefined : new Conv2d(filters, filters, 1, { stride });
  return [...front, new Residual(body, shortcut), activation(2)];
}

const network = fc
  .record({
    first: layer,
    second: layer,
    height: fc.integer({ min: 6, max: 11 }),
    width: fc.integer({ min: 6, max: 11 }),
    pooled: fc.boolean(),
  })
  .map(({ first, second, height, width, pooled }) => {
    const body = new Sequential(
      ...layersOf(2, first),
      ...layersOf(first.filters, second),
      ...(pooled ? [new GlobalAvgPool()] : []),
      new Flatten(),
    );
    return { body, shape: [2, height, width] };
  })
  // Windows that are larger than what is left of the image.
  .filter(({ body, shape }) => featuresOf(body, shape) > 0);

function featuresOf(body: Module, shape: readonly number[]): number {
  try {
    return scope(() => noGrad(() => body.eval().forward(zeros([1, ...shape])).shape[1]!));
  } catch {
    return 0;
  }
}

test('random networks: strides, groups, dilation, pooling, shortcuts with and without projections, anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(network, async ({ body, shape }) => {
      const whole = new Sequential(body, new Linear(featuresOf(body, shape), 3));
      try {
        const plan = await expectSameOnSlots(whole, shape, 1);
        for (const { map } of plan.layers) expect(map.matvec.diagonals.length).toBeLessThan(400);
      } catch (error) {
        // Windows that see nothing but padding.
        if (!(error instanceof PlanError && error.message.includes('all its weights are 0'))) throw error;
      }
    }),
    { numRuns: 6 },
  );
});
