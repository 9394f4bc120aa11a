import { cutOf, tileNames } from '../../../packages/tensor/src/devices/webgpu/kernels/product.js';
import type { TileName } from '../../../packages/tensor/src/devices/webgpu/wgsl/gemm.js';
import { free, type Machine, millisecondsOf, numbers } from '../machine.js';

/** Tiles that might be better than those that are chosen from. */
export const candidates: readonly TileName[] = [
  '128x128x16/8x8',
  '128x128x16/8x8/4',
  '128x128x8/8x8',
  '64x128x16/8x8/4',
  '128x64x16/8x4/4',
  '64x128x16/4x8/4',
  '64x64x16/4x4',
  '64x64x16/8x4/4',
];

/** Square matrices, by the tile that is chosen and by all others. */
export async function products(machine: Machine): Promise<void> {
  const { executor, scale, report } = machine;
  const measure = async (side: number, tile: TileName | undefined): Promise<void> => {
    const [a, b] = [numbers(machine, [side, side]), numbers(machine, [side, side])];
    const sizes = { matrices: 1, rows: side, columns: side, depth: side };
    executor.cut = tile ? { tile, parts: 1 } : {};
    const { tile: own, parts } = cutOf(executor, 'f32', sizes);
    const start = performance.now();
    const ms = await millisecondsOf(machine, () => void a.matmul(b));
    const total = Math.round(performance.now() - start);
    report.add({ matmul: side, chosen: !tile, tile: own, parts, ms, tflops: (2 * side ** 3) / ms / 1e9, total });
    free(a, b);
  };
  for (const side of scale.sides) await measure(side, undefined);
  for (const tile of [...tileNames, ...candidates]) await measure(scale.sides.at(-1)!, tile);
  for (const tile of tileNames) await measure(scale.sides.at(-2)!, tile);
  executor.cut = {};
  const [rows, depth, columns] = [scale.batch, scale.sides.at(-1)!, scale.sides.at(-2)!];
  const [a, b] = [numbers(machine, [rows, depth]), numbers(machine, [columns, depth])];
  const ms = await millisecondsOf(machine, () => void a.matmul(b, { transposeB: true }));
  report.add({ linear: [rows, depth, columns], ms, tflops: (2 * rows * depth * columns) / ms / 1e9 });
  free(a, b);
}
