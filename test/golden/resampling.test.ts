import { affineGrid, gridSample, type InterpolationMode, interpolate, pixelShuffle, pixelUnshuffle } from '@pnn/tensor';
import { compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

/** Weights with a few roundings, and sums of sixteen products with them. */
const weighted: Tolerances = {
  float64: { relative: 1e-14, scaled: 1e-14 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** The attributes as options. */
function optionsOf({ attributes }: GoldenCase): object {
  return attributes;
}

compareWithGolden(
  'resampling',
  {
    interpolate: ({ x }, golden) => interpolate(x!, optionsOf(golden) as { mode: InterpolationMode }),
    pixelShuffle: ({ x }, { attributes }) => pixelShuffle(x!, attributes.factor as number),
    pixelUnshuffle: ({ x }, { attributes }) => pixelUnshuffle(x!, attributes.factor as number),
    gridSample: ({ x, grid }, golden) => gridSample(x!, grid!, optionsOf(golden)),
    affineGrid: ({ theta }, golden) => affineGrid(theta!, golden.attributes.size as number[], optionsOf(golden)),
  },
  () => weighted,
);
