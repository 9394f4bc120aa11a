/** The share of a training in which the learning rate rises. */
const RISING = 0.2;
/** The first and the last learning rate, as shares of the highest. */
const FIRST = 1 / 20;
const LAST = 1 / 1000;

const between = (from: number, to: number, progress: number): number =>
  from + ((to - from) * (1 - Math.cos(Math.PI * progress))) / 2;

/**
 * The learning rate as a share of the highest: up and down along half a cosine each (Smith & Topin, arXiv 1708.07120).
 *
 * @param progress from 0 at the start to 1 at the end
 */
export function oneCycle(progress: number): number {
  if (progress < RISING) return between(FIRST, 1, progress / RISING);
  return between(1, LAST, Math.min(1, (progress - RISING) / (1 - RISING)));
}
