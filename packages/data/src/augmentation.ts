import {
  ArgumentError,
  formatShape,
  Registry,
  randomAffine,
  randomColorJitter,
  randomCrop,
  randomHorizontalFlip,
  randomStretch,
  randomTimeShift,
  type Shape,
  specAugment,
  type Transform,
} from '@pnn/nn';

/** A random change to training samples that is chosen by name, with one number that says how far it goes. */
export interface AugmentationEntry {
  readonly name: string;
  /** What it does, in a few words for a list. */
  readonly summary: string;
  /** What the number is, as help shows it, such as `PIXELS`. */
  readonly value: string;
  /** The number unless another is given. */
  readonly amount: number;
  /** Why samples of this shape cannot be changed so; undefined if they can. */
  readonly refuses: (inputShape: Shape) => string | undefined;
  /** @throws ArgumentError if the amount is out of range */
  readonly make: (amount: number, inputShape: Shape) => Transform;
}

/** A random change by name, and how far it goes. Plain data that survives JSON. */
export interface AugmentationSpec {
  readonly name: string;
  readonly amount: number;
}

const unlessImage = (shape: Shape) =>
  shape.length === 3 ? undefined : `changes images [C,H,W], not samples ${formatShape(shape)}`;

const unlessColored = (shape: Shape) =>
  unlessImage(shape) ?? (shape[0] === 1 || shape[0] === 3 ? undefined : 'changes images of one channel or three');

const unlessAlongTime = (shape: Shape) =>
  shape.length >= 2 ? undefined : `changes samples along time, not ${formatShape(shape)}`;

const jitter = (
  part: 'brightness' | 'contrast' | 'saturation' | 'hue',
  summary: string,
  amount: number,
): AugmentationEntry => ({
  name: part,
  summary,
  value: 'REACH',
  amount,
  refuses: unlessColored,
  make: (reach) => randomColorJitter({ [part]: reach }),
});

/** The random changes that can be chosen by name. `augmentations.register(entry)` adds one of your own. */
export const augmentations = new Registry<AugmentationEntry>('augmentation', [
  {
    name: 'crop',
    summary: 'moves images by up to so many pixels',
    value: 'PIXELS',
    amount: 4,
    refuses: unlessImage,
    make: (padding) => randomCrop(padding),
  },
  {
    name: 'flip',
    summary: 'mirrors images left to right with this probability',
    value: 'P',
    amount: 0.5,
    refuses: unlessImage,
    make: (probability) => randomHorizontalFlip(probability),
  },
  {
    name: 'rotate',
    summary: 'turns images by up to this angle',
    value: 'DEGREES',
    amount: 15,
    refuses: unlessImage,
    make: (degrees) => randomAffine({ degrees }),
  },
  {
    name: 'zoom',
    summary: 'enlarges images by a factor from 1 − REACH to 1 + REACH',
    value: 'REACH',
    amount: 0.1,
    refuses: unlessImage,
    make: (scale) => randomAffine({ scale }),
  },
  jitter('brightness', 'makes images lighter or darker', 0.2),
  jitter('contrast', 'makes contrasts stronger or weaker', 0.2),
  jitter('saturation', 'makes colors stronger or weaker', 0.2),
  jitter('hue', 'turns hues by up to this part of the circle', 0.05),
  {
    name: 'stretch',
    summary: 'moves a quarter of the samples from their mean by a factor of up to so much, beyond any range',
    value: 'FACTOR',
    amount: 1.6,
    refuses: (shape) =>
      shape.length >= 2 ? undefined : `changes images and recordings, not rows ${formatShape(shape)}`,
    make: (factor) => randomStretch({ factor }),
  },
  {
    name: 'time-shift',
    summary: 'moves recordings by up to so many steps',
    value: 'STEPS',
    amount: 8,
    refuses: unlessAlongTime,
    make: (steps) => randomTimeShift(steps),
  },
  {
    name: 'mask',
    summary: 'hides up to this share of the bands and of the frames of spectrograms',
    value: 'SHARE',
    amount: 0.15,
    refuses: (shape) =>
      shape.length === 3 ? undefined : `changes spectrograms [C,bands,frames], not ${formatShape(shape)}`,
    make(share, [, bands = 1, frames = 1]) {
      if (!(share >= 0 && share <= 1)) throw new ArgumentError(`mask: the share must be from 0 to 1, not ${share}`);
      return specAugment({ frequencyWidth: Math.round(share * bands), timeWidth: Math.round(share * frames) });
    },
  },
]);

/**
 * The transforms of chosen random changes, in the order in which they are given.
 *
 * @throws ArgumentError if a name is unknown, an amount is out of range, or samples cannot be changed so
 */
export function augmentationOf(specs: readonly AugmentationSpec[], inputShape: Shape): Transform[] {
  return specs.map(({ name, amount }) => {
    const entry = augmentations.get(name);
    const refusal = entry.refuses(inputShape);
    if (refusal !== undefined) throw new ArgumentError(`the augmentation ${name} ${refusal}`);
    return entry.make(amount, inputShape);
  });
}
