// Batch normalization in three kernels: sums over the elements of each channel, factors for each channel made of them, and a
// map of every element by these factors. A block is of neighboring channels in some of the images, so that memory is walked
// through in long pieces and any shape has blocks for several threads.
import { ceilDiv } from '../task';

/** Fields of all kernels of both directions. */
@unmanaged
export class BatchNorm {
  /** [images, channels, area]. */
  x: f64;
  images: f64;
  channels: f64;
  area: f64;
  /** Of each channel; 0 for ones. */
  gamma: f64;
  epsilon: f64;
  /** Of each channel: results of the forward direction, inputs of the backward one. */
  mean: f64;
  variance: f64;
  /** The normalized x, or the gradient of x. */
  out: f64;
  /** [parts of the images, 2, channels] in double precision. */
  partials: f64;
  /** [4, channels]: center, factor, shift, slope. */
  factors: f64;
  /** Forward: of each channel; 0 for zeros. */
  beta: f64;
  /** Backward: that of the normalized x; 0 in the forward direction. */
  gradient: f64;
  /** Backward: results for each channel. */
  gammaGradient: f64;
  betaGradient: f64;
}

/** Elements of a block, unless a plane has more: as long a piece of memory as possible. */
const ELEMENTS: i32 = 16384;
/** Where an image has one element of each channel, blocks are to have several images: each costs two sums of every channel. */
const COLUMNS: i32 = 2048;

// @ts-ignore: decorator
@inline
function channelsPerPart(task: BatchNorm): i32 {
  const area = <i32>task.area;
  const most = area == 1 ? COLUMNS : max(1, ELEMENTS / max(1, area));
  return min(max(1, <i32>task.channels), most);
}

// @ts-ignore: decorator
@inline
function imagesPerPart(task: BatchNorm): i32 {
  return max(1, ELEMENTS / max(1, channelsPerPart(task) * <i32>task.area));
}

/** The blocks of sums and of the map: a part of the channels in a part of the images. */
export function blocksOf(task: BatchNorm): i32 {
  return imageParts(task) * channelParts(task);
}

/** Parts that the channels are cut into; the blocks of a part of the images follow each other. */
// @ts-ignore: decorator
@inline
export function channelParts(task: BatchNorm): i32 {
  return ceilDiv(<i32>task.channels, channelsPerPart(task));
}

/** Parts that the images are cut into. */
// @ts-ignore: decorator
@inline
export function imageParts(task: BatchNorm): i32 {
  return ceilDiv(<i32>task.images, imagesPerPart(task));
}

/** The first channel of a part. */
// @ts-ignore: decorator
@inline
export function firstChannel(task: BatchNorm, channelPart: i32): i32 {
  return channelPart * channelsPerPart(task);
}

/** How many channels a part has. */
// @ts-ignore: decorator
@inline
export function channelsOf(task: BatchNorm, channelPart: i32): i32 {
  return min(channelsPerPart(task), <i32>task.channels - firstChannel(task, channelPart));
}

/** The first image of a part. */
// @ts-ignore: decorator
@inline
export function firstImage(task: BatchNorm, imagePart: i32): i32 {
  return imagePart * imagesPerPart(task);
}

/** How many images a part has. */
// @ts-ignore: decorator
@inline
export function imagesOf(task: BatchNorm, imagePart: i32): i32 {
  return min(imagesPerPart(task), <i32>task.images - firstImage(task, imagePart));
}

/** Bytes from an image to the next. */
// @ts-ignore: decorator
@inline
export function imageStep(task: BatchNorm): usize {
  return <usize>(task.channels * task.area) << 2;
}

/** Where the first element of a block is, counted in bytes from the first of all. */
// @ts-ignore: decorator
@inline
export function firstOffset(task: BatchNorm, imagePart: i32, channelPart: i32): usize {
  const image = <usize>firstImage(task, imagePart) * imageStep(task);
  return image + (<usize>(firstChannel(task, channelPart) * <i32>task.area) << 2);
}

/** Where the sums of a part of the images begin. */
// @ts-ignore: decorator
@inline
export function partialsOf(task: BatchNorm, imagePart: i32): usize {
  return <usize>task.partials + (<usize>(2 * imagePart) * <usize>task.channels << 3);
}

/** Where the centers of the channels begin: their means or, forward, their first elements. */
// @ts-ignore: decorator
@inline
export function centersOf(task: BatchNorm): usize {
  return task.gradient ? <usize>task.mean : <usize>task.x;
}

/** Bytes from one center to the next. */
// @ts-ignore: decorator
@inline
export function centerStep(task: BatchNorm): usize {
  return task.gradient ? 4 : <usize>task.area << 2;
}

/**
 * The center that lies there. Forward, differences from an element of the channel keep digits that squares of its elements would
 * lose, unless it is far from the rest (see factors.ts); differences from one that is not finite would keep none.
 */
// @ts-ignore: decorator
@inline
export function centerAt(withGradient: bool, from: usize): f32 {
  const own = f32.load(from);
  return withGradient || isFinite(own) ? own : 0;
}
