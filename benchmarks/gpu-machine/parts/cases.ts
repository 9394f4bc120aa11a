import { forceCut, tileNames } from '../../../packages/tensor/src/devices/webgpu/kernels/product.js';
import { kernelCases } from '../../../packages/tensor/test/gpu/cases/index.js';
import { type Machine, openMachine } from '../machine.js';
import { candidates } from './products.js';

/** gpu.js gives NaN for what its sine does not reach. */
const OF_GPU_JS = 'sin and cos of what is too large';

/** The kernel cases of the tests, and those of products once with every tile. */
export async function cases({ scale, report }: Machine): Promise<void> {
  let machine = await openMachine(scale, report);
  const check = async (name: string, body: () => Promise<void>): Promise<void> => {
    const start = performance.now();
    try {
      await body();
      report.add({ case: name, ok: true, ms: Math.round(performance.now() - start) });
    } catch (error) {
      const { message, cause } = error as Error;
      report.add({ case: name, ok: false, error: `${cause ?? ''} ${message}`.slice(0, 1500) });
      machine = await openMachine(scale, report);
    }
  };
  for (const { name, check: run } of kernelCases) {
    if (name !== OF_GPU_JS) await check(name, () => run(machine.device, scale.runs));
  }
  const products = kernelCases.filter(({ name }) => /matmul|conv2d/.test(name));
  for (const tile of [...tileNames, 'registers', ...candidates] as const) {
    forceCut({ tile, parts: 2 });
    for (const { name, check: run } of products) {
      const isChosen = !candidates.includes(tile);
      if (isChosen || name === 'matmul') await check(`${name} in tiles of ${tile}`, () => run(machine.device, 1));
    }
  }
  forceCut({});
}
