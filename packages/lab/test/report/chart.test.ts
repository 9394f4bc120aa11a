import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionChart } from '../../src/report/chart/distribution.js';
import { fitChart, largestError } from '../../src/report/chart/fit.js';
import { histogramBars } from '../../src/report/chart/histogram.js';
import type { LineChart } from '../../src/report/chart/line.js';
import { lineChart } from '../../src/report/chart/line.js';
import { linePath, Plot } from '../../src/report/chart/plot.js';
import { scaleFor } from '../../src/report/chart/scale.js';
import { markerPath } from '../../src/report/chart/series.js';
import { geometryOf, parseHtml } from './parse-html.js';

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, 1e-320, 1e300, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity),
);

function chartOf(ys: readonly (number | null)[], more: Partial<LineChart> = {}): string {
  const points = ys.map((y, index) => ({ x: index + 1, y }));
  return lineChart({ id: 'c', title: 'T', xLabel: 'epoch', series: [{ name: 's', color: 1, points }], ...more }).source;
}

/** The points of the path of the line with the given index. */
function pathOf(chart: string, index = 0): string {
  const lines = parseHtml(chart).filter(
    ({ name, attributes }) => name === 'path' && attributes.class?.startsWith('line '),
  );
  return lines[index]?.attributes.d ?? '';
}

describe('lineChart', () => {
  it('places values in proportion, larger ones higher', () => {
    const [[x1, y1], [x2, y2], [x3, y3]] = [...pathOf(chartOf([0, 5, 10])).matchAll(/([\d.]+) ([\d.]+)/g)].map(
      ([, x, y]) => [Number(x), Number(y)],
    ) as [[number, number], [number, number], [number, number]];
    expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
    expect(y1 - y2).toBeCloseTo(y2 - y3, 0);
    expect(y1).toBeGreaterThan(y3);
  });

  it('leaves a gap where nothing was measured', () => {
    expect(pathOf(chartOf([1, 2, null, 3, 4])).match(/M/g)).toHaveLength(2);
    expect(chartOf([1, 2, null, 3, 4])).not.toContain('class="notes"');
  });

  it('marks at the edge and explains what it cannot draw', () => {
    const chart = chartOf([1, Number.NaN, Infinity, -Infinity]);
    expect(chart).toContain('× not a number: s, at epoch 2');
    expect(chart).toContain('▲ infinite: s, at epoch 3');
    expect(chart).toContain('▼ negative infinite: s, at epoch 4');
    expect(chartOf([1, 1000, 0], { yKind: 'log' })).toContain(
      '▼ zero or negative, below the logarithmic axis: s, at epoch 3',
    );
  });

  it('is logarithmic on its own only where values could not be told apart', () => {
    expect(chartOf([1, 50])).not.toContain('log scale');
    expect(chartOf([1, 500])).toContain('log scale');
    expect(chartOf([-1, 500])).not.toContain('log scale');
  });

  it('draws reference lines within the axis, with labels that do not overlap', () => {
    const references = [6, 5.9, 5.8].map((value) => ({ label: `at ${value}`, value }));
    const elements = parseHtml(chartOf([1, 2, 3], { references }));
    const lines = elements.filter(({ attributes }) => attributes.class === 'reference');
    const labels = elements.filter(({ attributes }) => attributes.class === 'reference-label');
    expect(lines).toHaveLength(3);
    const heights = labels.map(({ attributes }) => Number(attributes.y)).sort((a, b) => a - b);
    for (let i = 1; i < heights.length; i++) expect(heights[i]! - heights[i - 1]!).toBeGreaterThanOrEqual(11.9);
  });

  it('has a legend that names every series, unless there is one only', () => {
    const two = [1, 2].map((color) => ({ name: `run ${color}`, color, points: [{ x: 1, y: color }] }));
    expect(chartOf([], { series: two })).toMatch(/class="legend".*run 1.*run 2/);
    expect(chartOf([1])).not.toContain('class="legend"');
  });

  it('tells the values at each x on hovering', () => {
    expect(chartOf([0.25, null])).toContain('<title>epoch 1\ns: 0.25</title>');
  });

  it('says so when there is nothing to draw', () => {
    for (const chart of [chartOf([]), chartOf([null, null]), chartOf([], { series: [] })]) {
      expect(chart).toContain('nothing was measured</text>');
      parseHtml(chart);
    }
  });

  it('is well formed with finite coordinates for any numbers', () => {
    const points = fc.array(fc.record({ x: anyNumber, y: fc.option(anyNumber) }), { maxLength: 8 });
    fc.assert(
      fc.property(points, anyNumber, fc.constantFrom('linear', 'log', 'auto'), (line, reference, yKind) => {
        const series = [{ name: 's', color: 1, points: line }];
        const chart = chartOf([], { series, references: [{ label: 'B', value: reference }], yKind });
        for (const geometry of geometryOf(parseHtml(chart))) expect(geometry).not.toMatch(/NaN|Infinity|e[+-]/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('fitChart', () => {
  const curve = Array.from({ length: 41 }, (_, step) => step / 5 - 4).map((x) => ({
    x,
    target: Math.max(0, x),
    polynomial: Math.max(0, x) + (Math.abs(x) <= 3 ? 0.25 : 1e20),
  }));
  const histogram = { edges: [-10, -8, -1, 1, 4], counts: [3, 0, 50, 1] };
  const chart = { id: 'f', title: 'fit', curve, histogram, bound: 3, alpha: 0.5 };

  it('draws target, polynomial, the boundaries and the histogram', () => {
    const html = fitChart(chart).source;
    const labels = [...html.matchAll(/class="reference-label"[^>]*>([^<]*)/g)].map(([, label]) => label);
    expect(labels).toEqual(['−B', 'B', '−αB', 'αB']);
    expect(parseHtml(html).filter(({ attributes }) => attributes.class?.startsWith('line '))).toHaveLength(2);
    expect(html).toContain('class="bars"');
    expect(html).toContain('3 inputs lie outside the picture');
  });

  it('keeps the axis to the target where the polynomial runs away', () => {
    const ticks = [...fitChart(chart).source.matchAll(/text-anchor="end">([\d.]+)<\/text>/g)].map(([, label]) =>
      Number(label),
    );
    expect(Math.max(...ticks)).toBeLessThanOrEqual(5);
  });

  it('says where a curve has gaps', () => {
    const broken = curve.map((point, index) => (index < 2 ? { ...point, polynomial: Number.NaN } : point));
    expect(fitChart({ ...chart, curve: broken }).source).toContain(
      'the polynomial is NaN or infinite at 2 of 41 points',
    );
  });

  it('says so when there is nothing to draw', () => {
    const empty = { edges: [], counts: [] };
    expect(fitChart({ ...chart, curve: [], histogram: empty }).source).toContain('nothing was recorded');
    expect(fitChart({ ...chart, curve: [] }).source).toContain('no curve was recorded');
  });

  it('measures the largest error within the boundary only', () => {
    expect(largestError(curve, 3)).toBeCloseTo(0.25, 12);
    expect(largestError([], 3)).toBeNull();
    expect(largestError([{ x: 0, target: 0, polynomial: Number.NaN }], 3)).toBeNaN();
  });
});

describe('histogramBars', () => {
  const xScale = scaleFor('linear', [0, 4], { rounded: false });
  const plot = new Plot({ left: 0, top: 0, right: 100, bottom: 40 }, xScale, xScale);
  const heights = (edges: number[], counts: number[]) =>
    [...(histogramBars({ edges, counts }, plot)?.source ?? '').matchAll(/v-([\d.]+)/g)].map(([, height]) =>
      Number(height),
    );

  it('draws density: a bin twice as wide with as many values is half as high', () => {
    expect(heights([0, 1, 3, 4], [10, 10, 5])).toEqual([40, 20, 20]);
  });

  it('keeps a bin with a single value visible and leaves out an empty one', () => {
    const [high, low, ...none] = heights([0, 1, 2, 3], [1e6, 1, 0]);
    expect(high).toBe(40);
    expect(low).toBeGreaterThan(1);
    expect(none).toEqual([]);
  });

  it('draws nothing without counts', () => {
    expect(histogramBars({ edges: [0, 1], counts: [0] }, plot)).toBeNull();
    expect(histogramBars({ edges: [], counts: [] }, plot)).toBeNull();
  });
});

describe('paths', () => {
  it('draws a point between gaps as a dot', () => {
    expect(linePath([{ x: 1, y: 2 }, null, { x: 3, y: 4 }, { x: 5, y: 6 }])).toBe('M1 2h0.01M3 4L5 6');
  });

  it('gives neighboring series different markers', () => {
    const shapes = [0, 1, 2, 3, 4].map((color) => markerPath({ color }, [{ x: 0, y: 0 }]));
    expect(new Set(shapes).size).toBe(5);
  });
});

describe('distributionChart', () => {
  const chart = (counts: readonly number[], bound: number) =>
    distributionChart({
      id: 'd',
      title: 'T',
      xLabel: 'error',
      histogram: { edges: [-2, -1, 0, 1, 2], counts },
      references: [{ label: 'bound', value: bound }],
    }).source;

  it('reaches what values are compared with, and leaves out empty ends', () => {
    const lines = (source: string) => source.match(/class="reference" x1="([\d.]+)"/)![1];
    expect(chart([0, 1, 3, 0], 8)).toContain('4 values from −1 to 1.');
    expect(lines(chart([0, 1, 3, 0], 8))).toBe(lines(chart([0, 1, 3, 0], 80)));
    expect(lines(chart([0, 1, 3, 0], 0))).not.toBe(lines(chart([0, 1, 3, 0], 8)));
  });

  it('says so where nothing was measured', () => {
    expect(chart([0, 0, 0, 0], 1)).toContain('nothing was measured');
    expect(chart([1, 0, 0, 0], Number.NaN)).not.toContain('class="reference"');
  });
});
