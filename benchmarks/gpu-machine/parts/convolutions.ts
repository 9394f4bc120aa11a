import { cutOf, tileNames } from '../../../packages/tensor/src/devices/webgpu/kernels/product.js';
import type { TileName } from '../../../packages/tensor/src/devices/webgpu/wgsl/gemm.js';
import type { ConvolutionGeometry } from '../../../packages/tensor/src/kernels.js';
import { free, type Machine, millisecondsOf, numbers } from '../machine.js';
import { candidates } from './products.js';

/** Channels, filters, side of the image, side of the window and stride of the layers of ResNet-18 on 32x32 images. */
const layers = [
  [64, 64, 32, 3, 1],
  [128, 128, 16, 3, 1],
  [256, 256, 8, 3, 1],
  [512, 512, 4, 3, 1],
  [64, 128, 32, 3, 2],
  [256, 512, 8, 3, 2],
  [64, 128, 32, 1, 2],
  [3, 64, 32, 3, 1],
] as const;

/** Convolutions and their gradients, by the tile that is chosen; for some layers by all others, too. */
export async function convolutions(machine: Machine): Promise<void> {
  const { device, executor, scale, report } = machine;
  const run = async (layer: (typeof layers)[number], tile: TileName | undefined): Promise<void> => {
    const [channels, filters] = [layer[0], layer[1]].map((count) => Math.max(3, Math.ceil(count / scale.thinner))) as [
      number,
      number,
    ];
    const [, , side, window, stride] = layer;
    const padding = window === 3 ? 1 : 0;
    const outSide = Math.ceil(side / stride);
    const geometry: ConvolutionGeometry = {
      kernel: [window, window],
      stride: [stride, stride],
      padding: [padding, padding],
      dilation: [1, 1],
      groups: 1,
    };
    const x = numbers(machine, [scale.batch, channels, side, side]);
    const weight = numbers(machine, [filters, channels, window, window]);
    const out = numbers(machine, [scale.batch, filters, outSide, outSide]);
    const [dx, dw] = [x.clone(), weight.clone()];
    const operations = 2 * scale.batch * outSide * outSide * filters * channels * window * window;
    const places = scale.batch * outSide * outSide;
    const kinds = [
      ['forward', { matrices: 1, rows: filters, columns: places, depth: channels * window ** 2 }],
      [
        'input gradient',
        {
          matrices: stride ** 2,
          rows: channels,
          columns: scale.batch * (side / stride) ** 2,
          depth: filters * Math.ceil(window / stride) ** 2,
        },
      ],
      ['weight gradient', { matrices: 1, rows: filters, columns: channels * window ** 2, depth: places }],
    ] as const;
    const launches = [
      () => device.kernels.conv2d(x, weight, undefined, out, geometry),
      () => device.kernels.conv2dInputGradient(out, weight, dx, geometry),
      () => device.kernels.conv2dWeightGradient(out, x, dw, geometry),
    ];
    for (const [i, [kind, sizes]] of kinds.entries()) {
      executor.cut = tile ? { tile } : {};
      const cut = cutOf(executor, 'f32', sizes);
      try {
        const ms = await millisecondsOf(machine, launches[i]!);
        report.add({ layer: layer.join(' '), kind, chosen: !tile, ...cut, ms, tflops: operations / ms / 1e9 });
      } catch (error) {
        report.add({ layer: layer.join(' '), kind, ...cut, error: String(error).slice(0, 500) });
      }
    }
    executor.cut = {};
    free(x, weight, out, dx, dw);
  };
  for (const layer of layers) await run(layer, undefined);
  for (const layer of [layers[0], layers[1], layers[3]]) {
    for (const tile of [...tileNames, ...candidates]) await run(layer, tile);
  }
}
