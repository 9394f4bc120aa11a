import { Generator } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedNormal, ElasticField, linearMap } from '../../src/sets/digits/distort.js';
import { drawPath } from '../../src/sets/digits/rasterize.js';
import { curveThrough } from '../../src/sets/digits/spline.js';

const coordinate = fc.double({ min: 0, max: 28, noNaN: true });
const seed = fc.nat();

describe('curveThrough', () => {
  const knot = fc.record({
    x: coordinate,
    y: coordinate,
    radius: fc.double({ min: 0.5, max: 2, noNaN: true }),
    corner: fc.boolean(),
  });

  test('begins and ends at the ends and passes every knot', () => {
    fc.assert(
      fc.property(fc.array(knot, { minLength: 1, maxLength: 8 }), (knots) => {
        const curve = curveThrough(knots, 1);
        let from = 0;
        for (const { x, y } of knots) {
          const at = curve.findIndex((p, i) => i >= from && Math.abs(p.x - x) + Math.abs(p.y - y) < 1e-9);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at;
        }
        expect(curve.length).toBeGreaterThanOrEqual(knots.length);
      }),
    );
  });

  test('is straight through knots on a line, and round through knots on a circle', () => {
    const line = curveThrough(
      [0, 1, 2, 3].map((i) => ({ x: 2 * i, y: 3 * i, radius: 1, corner: false })),
      0.5,
    );
    for (const { x, y, radius } of line) {
      expect(y).toBeCloseTo(1.5 * x, 10);
      expect(radius).toBe(1);
    }
    const circle = curveThrough(
      Array.from({ length: 11 }, (_, i) => ({
        x: 10 * Math.cos((2 * Math.PI * i) / 10),
        y: 10 * Math.sin((2 * Math.PI * i) / 10),
        radius: 1,
        corner: false,
      })),
      0.5,
    );
    const inner = circle.slice(12, -12);
    expect(inner.length).toBeGreaterThan(50);
    for (const { x, y } of inner) expect(Math.sqrt(x * x + y * y)).toBeCloseTo(10, 1);
  });

  test('turns at a corner as the chords do', () => {
    const points = [
      { x: 0, y: 0, radius: 1, corner: false },
      { x: 10, y: 0, radius: 1, corner: true },
      { x: 10, y: 10, radius: 1, corner: false },
    ];
    for (const { x, y } of curveThrough(points, 1)) expect(Math.min(Math.abs(y), Math.abs(x - 10))).toBeLessThan(1e-12);
  });
});

describe('linearMap', () => {
  const factor = fc.double({ min: 0.1, max: 3, noNaN: true });
  const small = fc.double({ min: -1, max: 1, noNaN: true });

  test('changes areas by width times height, whatever slant and turn', () => {
    fc.assert(
      fc.property(factor, factor, small, small, (width, height, slant, halfTurn) => {
        const { xx, xy, yx, yy } = linearMap(width, height, slant, halfTurn);
        expect(xx * yy - xy * yx).toBeCloseTo(width * height, 9);
      }),
    );
  });

  test('turns by the angle whose half has the given tangent', () => {
    fc.assert(
      fc.property(small, (halfTurn) => {
        const { xx, xy, yx, yy } = linearMap(1, 1, 0, halfTurn);
        const angle = 2 * Math.atan(halfTurn);
        expect(xx).toBeCloseTo(Math.cos(angle), 12);
        expect(yx).toBeCloseTo(Math.sin(angle), 12);
        expect(xy).toBeCloseTo(-Math.sin(angle), 12);
        expect(yy).toBeCloseTo(Math.cos(angle), 12);
      }),
    );
  });

  test('a slant moves what is above to the right and nothing up or down', () => {
    const { xx, xy, yx, yy } = linearMap(1, 2, 0.5, 0);
    expect([xx, xy, yx, yy]).toEqual([1, -1, 0, 2]);
  });
});

describe('boundedNormal', () => {
  test('has mean 0, variance 1, fourth moment 2.7, and stays within its bounds', () => {
    const generator = new Generator(11);
    const draws = Float64Array.from({ length: 100_000 }, () => boundedNormal(generator));
    const moment = (power: number) => draws.reduce((sum, value) => sum + value ** power, 0) / draws.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.015);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    // The excess kurtosis of a sum of n uniform values is -1.2 / n.
    expect(Math.abs(moment(4) - 2.7)).toBeLessThan(0.1);
    expect(Math.max(...draws.map(Math.abs))).toBeLessThan(3.47);
  });
});

describe('ElasticField', () => {
  const at = (x: number, y: number) => ({ x, y, radius: 1 });

  test('moves nothing without strength', () => {
    fc.assert(
      fc.property(seed, coordinate, coordinate, (number, x, y) => {
        const field = new ElasticField(new Generator(number), 28, 7, 0);
        expect(field.move(at(x, y))).toEqual(at(x, y));
      }),
    );
  });

  test('is smooth: the displacement of neighbors hardly differs, across knots and beyond the sheet', () => {
    const place = fc.double({ min: -10, max: 40, noNaN: true });
    fc.assert(
      fc.property(seed, place, place, (number, x, y) => {
        const field = new ElasticField(new Generator(number), 28, 7, 1);
        const step = 1e-4;
        const here = field.move(at(x, y));
        const there = field.move(at(x + step, y + step));
        expect(Math.abs(there.x - here.x - step)).toBeLessThan(2 * step);
        expect(Math.abs(there.y - here.y - step)).toBeLessThan(2 * step);
      }),
    );
  });

  test('has the standard deviation of noise smoothed by a cubic B-spline', () => {
    // At a knot the squared weights add up to ((1/6)² + (4/6)² + (1/6)²)² = 1/4.
    let squares = 0;
    const fields = 4000;
    for (let number = 0; number < fields; number++) {
      const { x } = new ElasticField(new Generator(number), 28, 7, 3).move(at(14, 14));
      squares += (x - 14) ** 2;
    }
    expect(Math.sqrt(squares / fields)).toBeGreaterThan(1.4);
    expect(Math.sqrt(squares / fields)).toBeLessThan(1.6);
  });
});

describe('drawPath', () => {
  test('the ink of a line is the area of the pen along it, at any angle and for any softness', () => {
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const thickness = fc.double({ min: 1.2, max: 3, noNaN: true });
    fc.assert(
      fc.property(angle, thickness, fc.double({ min: 1, max: 2, noNaN: true }), (direction, radius, softness) => {
        const ink = new Float32Array(40 * 40);
        const [dx, dy] = [7 * Math.cos(direction), 7 * Math.sin(direction)];
        const ends = [
          { x: 20 - dx, y: 20 - dy, radius },
          { x: 20 + dx, y: 20 + dy, radius },
        ];
        drawPath(ink, 40, ends, softness);
        const area = 2 * radius * 14 + Math.PI * radius ** 2;
        const drawn = ink.reduce((sum, value) => sum + value, 0);
        expect(Math.abs(drawn - area)).toBeLessThan(0.09 * area);
      }),
    );
  });

  test('stays within 0 and 1 and the image, draws a dot for a segment without length, never erases', () => {
    const place = fc.double({ min: -40, max: 70, noNaN: true });
    const point = fc.record({ x: place, y: place, radius: fc.double({ min: 0.5, max: 3, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 5 }), (path) => {
        const ink = new Float32Array(28 * 28).fill(0.25);
        drawPath(ink, 28, path, 1);
        expect(Math.min(...ink)).toBeGreaterThanOrEqual(0.25);
        expect(Math.max(...ink)).toBeLessThanOrEqual(1);
      }),
    );
    const dot = new Float32Array(28 * 28);
    drawPath(
      dot,
      28,
      [
        { x: 14.5, y: 14.5, radius: 1.5 },
        { x: 14.5, y: 14.5, radius: 1.5 },
      ],
      1,
    );
    expect(dot[14 * 28 + 14]).toBe(1);
    expect(dot[14 * 28 + 17]).toBe(0);
  });
});
