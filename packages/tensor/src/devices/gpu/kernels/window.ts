import type { WindowGeometry } from '../../../kernels.js';
import { ravelIndex } from '../source.js';

/** Statements that declare `top` and `left`, where the window of the output at this row and column begins. */
export function windowStart(row: string, column: string, { stride, padding }: WindowGeometry): string {
  return `const top = ${ravelIndex([row], [stride[0]])} - ${padding[0]};
const left = ${ravelIndex([column], [stride[1]])} - ${padding[1]};`;
}

/** Statements that do `visit` for every place `ky`, `kx` of the window that lies in the image, at `y` and `z`. */
export function overWindow(
  { kernel, dilation }: WindowGeometry,
  { height, width }: { readonly height: number; readonly width: number },
  visit: string,
): string {
  return `for (let ky = 0; ky < ${kernel[0]}; ky++) {
  const y = top + ky * ${dilation[0]};
  if (y >= 0 && y < ${height}) {
    for (let kx = 0; kx < ${kernel[1]}; kx++) {
      const z = left + kx * ${dilation[1]};
      if (z >= 0 && z < ${width}) {
        ${visit}
      }
    }
  }
}`;
}
