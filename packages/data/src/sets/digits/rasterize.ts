import type { PenPoint } from './spline.js';

/**
 * Draws the path of a round pen into an image of ink, each pixel 0 (paper) to 1 (full), keeping the darker of what was
 * there and what is drawn. The edge of the line is a ramp from full ink to none, which is what anti-aliases it.
 *
 * @param ink the image, row-major in the shape [height, width], changed in place; pixel (0, 0) has its center at (0.5, 0.5)
 * @param path in pixels; a segment's breadth varies linearly from one end to the other
 * @param softness the breadth of the ramp in pixels: 1 is a sharp line, more a blurred one
 */
export function drawPath(ink: Float32Array, width: number, path: readonly PenPoint[], softness: number): void {
  const height = ink.length / width;
  for (let i = 0; i + 1 < path.length; i++) {
    const a = path[i]!;
    const b = path[i + 1]!;
    const reach = Math.max(a.radius, b.radius) + softness / 2;
    const dx = b.x - a.x;
    const dy = b.y - a.y;
    const lengthSquared = dx * dx + dy * dy;
    const left = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach));
    const right = Math.min(width - 1, Math.floor(Math.max(a.x, b.x) + reach));
    const top = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach));
    const bottom = Math.min(height - 1, Math.floor(Math.max(a.y, b.y) + reach));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const px = column + 0.5 - a.x;
        const py = row + 0.5 - a.y;
        const along = lengthSquared > 0 ? Math.min(Math.max((px * dx + py * dy) / lengthSquared, 0), 1) : 0;
        const qx = px - along * dx;
        const qy = py - along * dy;
        const distance = Math.sqrt(qx * qx + qy * qy);
        const radius = a.radius + along * (b.radius - a.radius);
        const ramp = Math.min(Math.max(0.5 + (radius - distance) / softness, 0), 1);
        const pixel = row * width + column;
        ink[pixel] = Math.max(ink[pixel]!, ramp);
      }
    }
  }
}
