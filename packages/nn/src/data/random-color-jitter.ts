import { formatShape, ShapeError } from '@pnn/tensor';
import { checkOption } from '../options.js';
import { planesOf, type Transform } from './transform.js';

/** How far colors change; a part that is not named does nothing. */
export interface RandomColorJitterOptions {
  /** Every value times a factor from 1 − brightness to 1 + brightness, from 0 on. */
  readonly brightness?: number;
  /** The distance of every value from the mean gray of the image times such a factor. */
  readonly contrast?: number;
  /** The distance of every value from the gray of its pixel times such a factor. */
  readonly saturation?: number;
  /** Turns hues by up to this part of the circle either way, 0.5 at most. */
  readonly hue?: number;
}

/** The weights of red, green and blue in gray (ITU-R BT.601). */
const GRAY = [0.299, 0.587, 0.114] as const;

type Elements = Float32Array | Float64Array;

const clamped = (value: number) => Math.min(1, Math.max(0, value));

/** The gray of the pixel at `i`: the value itself if there is one channel. */
function grayAt(sample: Elements, i: number, area: number): number {
  if (sample.length === area) return sample[i]!;
  return GRAY[0] * sample[i]! + GRAY[1] * sample[i + area]! + GRAY[2] * sample[i + 2 * area]!;
}

function scaleValues(sample: Elements, factor: number): void {
  for (let i = 0; i < sample.length; i++) sample[i] = clamped(sample[i]! * factor);
}

function scaleContrast(sample: Elements, area: number, factor: number): void {
  let sum = 0;
  for (let i = 0; i < area; i++) sum += grayAt(sample, i, area);
  const mean = sum / area;
  for (let i = 0; i < sample.length; i++) sample[i] = clamped(mean + (sample[i]! - mean) * factor);
}

function scaleSaturation(sample: Elements, area: number, factor: number): void {
  for (let i = 0; i < area; i++) {
    const gray = grayAt(sample, i, area);
    for (let k = i; k < sample.length; k += area) sample[k] = clamped(gray + (sample[k]! - gray) * factor);
  }
}

/** Turns hues in the hexagon of hue, saturation and value (Smith, "Color Gamut Transform Pairs", 1978). */
function turnHue(sample: Elements, area: number, turn: number): void {
  for (let i = 0; i < area; i++) {
    const [red, green, blue] = [sample[i]!, sample[i + area]!, sample[i + 2 * area]!];
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    const sextant =
      value === red
        ? (green - blue) / chroma
        : value === green
          ? 2 + (blue - red) / chroma
          : 4 + (red - green) / chroma;
    const hue = sextant + 6 * turn;
    // The channel whose hue is `offset` sextants behind red: value − chroma · how far it is from its own third.
    const channel = (offset: number) => {
      const k = (((hue + offset) % 6) + 6) % 6;
      return value - chroma * clamped(Math.min(k, 4 - k));
    };
    sample[i] = channel(5);
    sample[i + area] = channel(3);
    sample[i + 2 * area] = channel(1);
  }
}

/**
 * A transform that changes the colors of an image by random amounts, each uniform in its range, in the order brightness,
 * contrast, saturation, hue; values go from 0 to 1, as bytes become, and stay there. An image of one channel has brightness
 * and contrast alone.
 *
 * @throws ArgumentError where an option is out of range
 */
export function randomColorJitter(options: RandomColorJitterOptions): Transform {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  const name = 'randomColorJitter';
  for (const [option, reach] of Object.entries({ brightness, contrast, saturation })) {
    checkOption(reach >= 0 && Number.isFinite(reach), name, option, 'a finite number from 0 on', reach);
  }
  checkOption(hue >= 0 && hue <= 0.5, name, 'hue', 'from 0 to 0.5', hue);
  return (sample, shape, generator) => {
    const { channels, height, width } = planesOf(name, shape);
    if (channels !== 1 && channels !== 3) {
      throw new ShapeError(`${name}: a sample ${formatShape(shape)} has ${channels} channels: it must have 1 or 3`);
    }
    const area = height * width;
    const within = (reach: number) => (2 * generator.uniform() - 1) * reach;
    const factor = (reach: number) => Math.max(0, 1 + within(reach));
    if (brightness > 0) scaleValues(sample, factor(brightness));
    if (contrast > 0) scaleContrast(sample, area, factor(contrast));
    if (channels === 1) return;
    if (saturation > 0) scaleSaturation(sample, area, factor(saturation));
    if (hue > 0) turnHue(sample, area, within(hue));
  };
}
