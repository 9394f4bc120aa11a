import { tileNames } from '../../../packages/tensor/src/devices/webgpu/kernels/product.js';
import { casesOfWebGpu } from '../../../packages/tensor/test/webgpu/cases.js';
import { type Machine, openMachine } from '../machine.js';
import { candidates } from './products.js';

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
  for (const { name, check: run } of casesOfWebGpu) await check(name, () => run(machine.device, scale.runs));
  const products = casesOfWebGpu.filter(({ name }) => /matmul|conv2d/.test(name));
  for (const tile of [...tileNames, 'registers/4x4', 'registers/8x8', ...candidates] as const) {
    for (const { name, check: run } of products) {
      const isChosen = !candidates.includes(tile);
      if (!isChosen && name !== 'matmul') continue;
      machine.executor.cut = { tile, parts: 2 };
      await check(`${name} in tiles of ${tile}`, () => run(machine.device, 1));
    }
  }
}
