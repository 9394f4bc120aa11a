import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The library over memory that is not shared: its views are empty as soon as it grows. */
async function unshared(): Promise<typeof import('@pnn/tensor')> {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  vi.resetModules();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  return import('@pnn/tensor');
}

const rooms = [0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768];

test.each(rooms)('results are right where %i bytes are left before memory has to grow', async (bytes) => {
  const { Generator, normal, reference, scope, setThreads, wasm } = await unshared();
  const { linearMemory } = await import('../../src/devices/host/linear-memory.js');
  setThreads(1);
  type On = typeof reference;

  /** Takes all memory but so much, at last in sizes that are not rounded up. */
  function fill(): void {
    for (;;) {
      const rest = linearMemory.memory.buffer.byteLength - linearMemory.reservedBytes - bytes;
      if (rest < 64) return;
      linearMemory.allocate(rest > 1024 ? Math.floor((rest * 8) / 9) : rest - (rest % 64));
    }
  }

  const draw = (device: On, ...shapes: readonly (readonly number[])[]) => {
    const generator = new Generator(1);
    return shapes.map((shape) => normal(shape, 0.5, 2, { device, generator }));
  };

  const form = { basis: 'even-odd', evenTerms: 2, bound: 3, outside: 'tangent' } as const;
  const penalty = { form: 'quadratic', limit: 2, cap: 3 } as const;
  const window = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
  const plane = [3, 5, 9, 9];

  /** Makes the operands, and returns what computes with them and what it has then written. */
  const families: readonly ((device: On) => readonly [run: () => void, written: ReturnType<typeof draw>])[] = [
    (device) => {
      const [x, gamma, beta, out, mean, variance] = draw(device, plane, [5], [5], plane, [5], [5]);
      return [() => device.kernels.batchNorm(x!, gamma, beta, out!, mean!, variance!, 1e-5), [out!, mean!, variance!]];
    },
    (device) => {
      const [gradient, x, gamma, mean, variance, out, dGamma, dBeta] = draw(
        device,
        ...[plane, plane, [5], [5], [5], plane, [5], [5]],
      );
      device.kernels.unary.square(variance!, variance!);
      return [
        () => device.kernels.batchNormGradient(gradient!, x!, gamma, mean!, variance!, out!, dGamma!, dBeta!, 1e-5),
        [out!, dGamma!, dBeta!],
      ];
    },
    (device) => {
      const [x, coefficients, out, total, range] = draw(device, [5000], [3], [5000], [], [3]);
      return [
        () => device.kernels.polynomial(x!, coefficients!, out!, total!, range!, { ...form, penalty }),
        [out!, total!, range!],
      ];
    },
    (device) => {
      const [gradient, x, coefficients, out, slopes] = draw(device, [5000], [5000], [3], [5000], [3]);
      return [
        () =>
          device.kernels.polynomialGradient(gradient, undefined, x!, coefficients!, out!, slopes, { ...form, penalty }),
        [out!, slopes!],
      ];
    },
    (device) => {
      const [x, out] = draw(device, [20, 3000], [20]);
      return [() => device.kernels.reduction.sum(x!, out!, { outer: 1, length: 3000, inner: 20 }), [out!]];
    },
    (device) => {
      const [x, norm] = draw(device, [70000], []);
      return [() => device.kernels.euclideanNorm([x!], norm!), [norm!]];
    },
    (device) => {
      const [a, out] = draw(device, [70, 40], [70, 70]);
      const layout = {
        m: 70,
        k: 40,
        n: 70,
        transposeA: false,
        transposeB: true,
        batch: [],
        aStrides: [],
        bStrides: [],
      };
      return [() => device.kernels.matmul(a!, a!, out!, layout), [out!]];
    },
    (device) => {
      const [x, weight, out] = draw(device, plane, [4, 5, 3, 3], [3, 4, 9, 9]);
      return [() => device.kernels.conv2d(x!, weight!, undefined, out!, window), [out!]];
    },
    (device) => {
      const [gradient, x, out] = draw(device, [3, 4, 9, 9], plane, [4, 5, 3, 3]);
      return [() => device.kernels.conv2dWeightGradient(gradient!, x!, out!, window), [out!]];
    },
  ];

  for (const family of families) {
    scope(() => {
      const [runReference, expected] = family(reference);
      const [run, found] = family(wasm());
      runReference();
      fill();
      run();
      for (const [i, each] of found.entries()) {
        const exact = expected[i]!.dataSync();
        const isFar = (value: number, j: number) => !(Math.abs(value - exact[j]!) <= 1e-3 * (1 + Math.abs(exact[j]!)));
        expect(Array.from(each.dataSync()).findIndex(isFar)).toBe(-1);
      }
    });
  }
});
