import { ArgumentError, ArrayDataset, Generator } from '@pnn/nn';
import type { DatasetEntry } from '../../dataset-entry.js';
import type { DatasetSplits } from '../../splits.js';
import { boundedNormal, ElasticField, linearMap, uniformBetween } from './distort.js';
import { drawPath } from './rasterize.js';
import { curveThrough, type PenPoint } from './spline.js';
import { type Glyph, glyphs } from './strokes.js';

/** Width and height of an image in pixels, as in MNIST. */
const SIZE = 28;
/** Height of the sheet that the glyphs are drawn on. */
const SHEET = 100;
/** Random words that each image may draw; it needs about 1,100, of which 784 are the grain of the pixels. */
const WORDS_PER_IMAGE = 2 ** 16;
const MAX_IMAGES = 1_000_000;

/** The images of each split unless others are asked for. */
const DEFAULT_COUNTS = { train: 6000, test: 1000 } as const;

/** What to generate. */
export interface DigitsOptions {
  /**
   * Number of training images, 1 to 1,000,000.
   *
   * @default 6000
   */
  readonly train?: number;
  /**
   * Number of test images, 1 to 1,000,000.
   *
   * @default 1000
   */
  readonly test?: number;
  /**
   * An integer from 0 to 2^53 - 1.
   *
   * @default 0
   */
  readonly seed?: number;
}

/** The generator of item number `index`, which has a part of the stream for itself. */
function generatorAt(seed: number, stream: string, index: number): Generator {
  return Generator.restore({ seed, stream, position: index * WORDS_PER_IMAGE, spareNormal: null });
}

/** A glyph as one hand writes it once: control points miss their place, and the pen presses now more, now less. */
function write(glyph: Glyph, generator: Generator): PenPoint[][] {
  const wobble = uniformBetween(generator, 1, 3);
  const unsteadiness = uniformBetween(generator, 0.05, 0.25);
  return glyph.map((stroke) => {
    const knots = stroke.map(([x, y, corner]) => ({
      x: x + wobble * boundedNormal(generator),
      y: y + wobble * boundedNormal(generator),
      radius: Math.max(0.4, 1 + unsteadiness * boundedNormal(generator)),
      corner: corner !== undefined,
    }));
    return curveThrough(knots, 6);
  });
}

/** The smallest and largest of the given coordinate over all paths. */
function extent(paths: readonly (readonly PenPoint[])[], axis: 'x' | 'y'): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const path of paths) {
    for (const point of path) {
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
  }
  return [low, high];
}

/** How far to move what lies between low and high so that it is `wander` pixels off the center, but not off the image. */
function placement([low, high]: readonly [number, number], margin: number, wander: number): number {
  const slack = Math.max(0, (SIZE - (high - low)) / 2 - margin);
  return (SIZE - low - high) / 2 + Math.min(Math.max(wander, -slack), slack);
}

/** The paths slanted, turned, stretched and bent at random, somewhere on the image, in pixels. */
function place(paths: readonly (readonly PenPoint[])[], generator: Generator): PenPoint[][] {
  const scale = uniformBetween(generator, 17, 21) / SHEET;
  const map = linearMap(
    scale * uniformBetween(generator, 0.8, 1.2),
    scale,
    0.12 + 0.15 * boundedNormal(generator),
    0.05 * boundedNormal(generator),
  );
  const pen = uniformBetween(generator, 0.9, 1.9);
  const placed = paths.map((path) =>
    path.map(({ x, y, radius }) => ({
      x: SIZE / 2 + map.xx * (x - 30) + map.xy * (y - SHEET / 2),
      y: SIZE / 2 + map.yx * (x - 30) + map.yy * (y - SHEET / 2),
      radius: pen * radius,
    })),
  );
  const field = new ElasticField(generator, SIZE, 7, uniformBetween(generator, 0.5, 2));
  const bent = placed.map((path) => path.map((point) => field.move(point)));
  const right = placement(extent(bent, 'x'), pen + 1, 1.3 * boundedNormal(generator));
  const down = placement(extent(bent, 'y'), pen + 1, 1.3 * boundedNormal(generator));
  return bent.map((path) => path.map(({ x, y, radius }) => ({ x: x + right, y: y + down, radius })));
}

/** Draws image number `index` of a split into `pixels` and returns its label. */
function draw(pixels: Uint8Array, ink: Float32Array, seed: number, split: string, index: number): number {
  // Every ten images in a row show the ten digits in random order, so that each prefix is balanced.
  const order = generatorAt(seed, `digits/${split}/labels`, Math.floor(index / 10)).permutation(10);
  const label = order[index % 10]!;
  const generator = generatorAt(seed, `digits/${split}`, index);
  const variants = glyphs[label]!;
  const paths = place(write(variants[generator.integer(variants.length)]!, generator), generator);
  const softness = uniformBetween(generator, 1, 2);
  const paper = uniformBetween(generator, 0, 16);
  const darkest = uniformBetween(generator, 180, 255);
  const grain = uniformBetween(generator, 2, 12);
  ink.fill(0);
  for (const path of paths) drawPath(ink, SIZE, path, softness);
  for (let i = 0; i < pixels.length; i++) {
    const level = paper + (darkest - paper) * ink[i]! + grain * boundedNormal(generator);
    pixels[i] = Math.min(Math.max(Math.floor(level + 0.5), 0), 255);
  }
  return label;
}

function split(name: 'train' | 'test', count: number, seed: number): ArrayDataset {
  if (!Number.isInteger(count) || count < 1 || count > MAX_IMAGES) {
    throw new ArgumentError(`digits: ${name} must be an integer from 1 to ${MAX_IMAGES}, not ${count}`);
  }
  const area = SIZE * SIZE;
  const images = new Uint8Array(count * area);
  const labels = new Int32Array(count);
  const ink = new Float32Array(area);
  for (let i = 0; i < count; i++) {
    labels[i] = draw(images.subarray(i * area, (i + 1) * area), ink, seed, name, i);
  }
  const classes = glyphs.map((_, digit) => `${digit}`);
  return new ArrayDataset({ inputs: images, inputShape: [1, SIZE, SIZE], labels, classes });
}

/**
 * Gray 28x28 images of hand-drawn-like digits, made by the program itself: no download, no license, any number of them.
 *
 * A digit is one of several ways of writing it (`glyphs`), its control points displaced, drawn by a round pen of varying
 * pressure along smooth curves, slanted, turned, stretched, distorted elastically and moved; paper, ink, blur and grain
 * vary. Learning from 6,000 of them, softmax regression gets 84 to 88% of the test images right at best, and two
 * convolutions of 16 and 32 channels, each with BatchNorm, ReLU and pooling, 99% after ten epochs.
 *
 * Image i depends on the seed, the split and i alone, bit for bit in every JavaScript engine: a larger data set begins
 * with the smaller one, and the two splits never share an image's random numbers.
 *
 * @throws ArgumentError if a number is out of range
 */
export function digits({
  train = DEFAULT_COUNTS.train,
  test = DEFAULT_COUNTS.test,
  seed = 0,
}: DigitsOptions = {}): DatasetSplits<ArrayDataset> {
  return { name: 'digits', train: split('train', train, seed), test: split('test', test, seed) };
}

/** The digits stay the same whatever the seed of the training, so that runs compare. */
const DATASET_SEED = 1;

/** {@link digits} by name. */
export const digitsDataset: DatasetEntry = {
  name: 'digits',
  summary: '7,000 gray images of digits that the program draws itself, 28x28',
  inputShape: [1, SIZE, SIZE],
  training: { epochs: 4, batchSize: 64, lr: 2e-3 },
  widths: { cnn: [8, 16] },
  preset: 'mnist',
  load: async (_, { train = DEFAULT_COUNTS.train, test = DEFAULT_COUNTS.test }) =>
    digits({ train, test, seed: DATASET_SEED }),
};
