import type { PeerResult, Report, Result } from '../results.js';
import { type BarGroup, barChart, barsHeight } from './bars.js';
import { type Curve, lineChart } from './lines.js';
import { participants, styleSheet } from './style.js';
import { element, text } from './svg.js';

const WIDTH = 960;
const MARGIN = 28;
const LINES_HEIGHT = 330;
const GAP = 40;

/** The workloads whose ratios are drawn, with their headings. */
const columns: readonly (readonly (readonly [name: string, heading: string])[])[] = [
  [
    ['training step/MLP 784-512-256-10 batch 128', 'Training step, MLP'],
    ['training step/CNN 16-32 on 28x28 batch 64', 'Training step, small CNN'],
    ['training step/ResNet-20 on 32x32 batch 32', 'Training step, ResNet-20'],
    ['batch norm/64x64x32x32/forward and backward', 'BatchNorm with gradients'],
  ],
  [
    ['matmul/1024', 'Matrix product, 1024'],
    ['convolution/kernels/3x3 stride 1/32x64x32x32 to 64x32x32/forward and backward', 'Convolution 3×3 with gradients'],
    ['adamw/1048576', 'AdamW, 2^20 parameters'],
  ],
];

function medianOf(peer: PeerResult): number | undefined {
  return 'seconds' in peer ? peer.seconds.median : undefined;
}

/** The forms that are good for something; everyone is shown in the one that is faster for them. */
const POLYNOMIAL = /^polynomial\/degree (\d+)\/(?:even-odd|horner)\/forward and backward$/;

/** For everyone who was measured, the fastest duration of each degree. */
function polynomialCurves(results: readonly Result[]): Curve[] {
  const best = new Map<string, Map<number, number>>();
  const note = (name: string, degree: number, seconds: number | undefined) => {
    if (seconds === undefined) return;
    const own = best.get(name) ?? new Map<number, number>();
    best.set(name, own.set(degree, Math.min(seconds, own.get(degree) ?? Number.POSITIVE_INFINITY)));
  };
  for (const { name, seconds, floor, peers } of results) {
    const degree = Number(POLYNOMIAL.exec(name)?.[1]);
    if (Number.isNaN(degree)) continue;
    note('ours', degree, seconds.median);
    note('floor', degree, floor.seconds);
    for (const peer of peers) note(peer.name, degree, medianOf(peer));
  }
  return [...best].map(([name, durations]) => ({
    label: participants[name]?.label ?? 'floor of this machine',
    style: participants[name]?.color ?? 'floor',
    points: [...durations].map(([degree, seconds]) => ({ degree, seconds })).sort((a, b) => a.degree - b.degree),
  }));
}

function barGroups(results: readonly Result[], column: (typeof columns)[number]): BarGroup[] {
  return column.flatMap(([name, heading]) => {
    const result = results.find((each) => each.name === name);
    if (!result) return [];
    const bars = Object.entries(participants).flatMap(([peerName, { label, color }]) => {
      const peer = result.peers.find((each) => each.name === peerName);
      const seconds = peer && medianOf(peer);
      return seconds === undefined ? [] : [{ label, style: color, seconds }];
    });
    return [{ heading, seconds: result.seconds.median, bars }];
  });
}

/** From the fastest to the slowest of all groups in parts of our time, ours in between. */
function ratioDomain(groups: readonly BarGroup[]): readonly [number, number] {
  const ratios = groups.flatMap(({ seconds, bars }) => bars.map((bar) => bar.seconds / seconds));
  return [0.9 * Math.min(0.5, ...ratios), 1.1 * Math.max(10, ...ratios)];
}

/** Characters of a line of text over the whole width. */
const LINE_LENGTH = 140;

/** Parts side by side with commas between, in as many lines as they need. */
function listed(parts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= LINE_LENGTH)
      lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}

/** The machine, and what else was installed on it. */
function machine({ environment }: Report): string[] {
  const { processor, cores, node, date, device, versions } = environment;
  const others = Object.entries(versions).flatMap(([name, version]) => {
    if (['ours', 'pnn-128', 'javascript', 'gpu.js-cpu'].includes(name)) return [];
    return [`${name === 'gpu.js-webasm' ? 'gpu.js' : (participants[name]?.label ?? name)} ${version}`];
  });
  return [
    `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}, Node ${node}, @pnn ${versions.ours} on ${device}, ${date.slice(0, 10)}`,
    ...listed(others),
  ];
}

/**
 * Draws a report: polynomial layers by degree, and the times of others as multiples of ours for training steps and kernels.
 * Where it has several numbers of threads, the smallest.
 */
export function drawReport(report: Report): string {
  const threads = Math.min(...report.results.map((result) => result.threads));
  const results = report.results.filter((result) => result.threads === threads);
  const curves = polynomialCurves(results);
  const groups = columns.map((column) => barGroups(results, column));
  const domain = ratioDomain(groups.flat());
  const columnWidth = (WIDTH - 2 * MARGIN - GAP) / columns.length;
  const parts: string[] = [];
  let y = MARGIN + 14;
  const count = threads === 1 ? 'one thread' : `${threads} threads`;
  parts.push(text(MARGIN, y, `Time for the same work on ${count}: less is better`, 'title'));
  const lines = machine(report);
  parts.push(...lines.map((content, i) => text(MARGIN, y + 20 + 17 * i, content)));
  y += 42 + 17 * lines.length;
  if (curves.length > 0) {
    const heading = 'Polynomial layer, 2^20 values: forward, gradients of inputs and coefficients';
    parts.push(text(MARGIN, y, heading, 'heading'));
    parts.push(lineChart(curves, { x: MARGIN, y: y + 14, width: WIDTH - 2 * MARGIN, height: LINES_HEIGHT }));
    y += LINES_HEIGHT + 46;
  }
  groups.forEach((column, i) => {
    const x = MARGIN + i * (columnWidth + GAP);
    if (column.length > 0) parts.push(barChart(column, domain, { x, y, width: columnWidth }));
  });
  const height = y + Math.max(...groups.map(barsHeight)) + MARGIN - 10;
  const ground = element('rect', { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 8, class: 'ground' });
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
      width: WIDTH,
      height: Math.ceil(height),
      role: 'img',
      'aria-label': 'Durations of polynomial layers, training steps and kernels beside other libraries',
    },
    element('style', {}, styleSheet),
    ground,
    '\n',
    parts.join('\n'),
    '\n',
  )}\n`;
}
