// An activation polynomial is E(s) + t·O(s), where t = x/B and s = 2t² − 1, or E(s) with s = t (the monomial basis). Its
// derivative has the same form:
//
//   d/dx (E(s) + t·O(s)) = (Q(s) + t·P(s))/B  with  P = 4E′  and  Q = O + 2(s + 1)O′, since 4t² = 2(s + 1).
//
// E and O are written in powers of s, or as twice.ts has it.
import { ceilDiv } from '../task';

/** Fields of both directions. */
@unmanaged
export class Activation {
  /** [images, channels, area]. */
  x: f64;
  /** Those of E, then those of O, for each channel. */
  coefficients: f64;
  /** The values, or the gradient of x. */
  out: f64;
  /** The partial sums of the blocks. */
  partials: f64;
  images: f64;
  /** Channels with a polynomial each. */
  channels: f64;
  area: f64;
  evenTerms: f64;
  oddTerms: f64;
  /** Whether the basis is monomial. */
  monomial: f64;
  /** Whether E and O are in the terms of twice.ts. */
  twice: f64;
  /** B as the largest float32 that is not above it. */
  bound: f64;
  inverseBound: f64;
  /** Whether the tangent goes on beyond the bound. */
  tangent: f64;
  /** The form of the penalty, its limit and what |x| is multiplied by for the tenth power. */
  form: f64;
  limit: f64;
  scale: f64;
  /** The largest argument of the form (see penalty.ts), |x| there, and the slope there with respect to the argument. */
  cap: f64;
  capSize: f64;
  capSlope: f64;
  /** Backward: the gradient of the values; 0 for none. */
  gradient: f64;
  /** Backward: what the slopes of penalty.ts are multiplied by. */
  penaltyShare: f64;
  /** Backward: whether the gradients of the coefficients are wanted. */
  learnable: f64;
}

// @ts-ignore: decorator
@inline
export function termsOf(fields: Activation): i32 {
  return <i32>(fields.evenTerms + fields.oddTerms);
}

// @ts-ignore: decorator
@inline
export function coefficientAt(fields: Activation, channel: i32, term: i32): f64 {
  return f32.load(<usize>fields.coefficients + (<usize>(channel * termsOf(fields) + term) << 2));
}

/** The value of a term at B; at −B it has the same size. */
// @ts-ignore: decorator
@inline
export function isOdd(fields: Activation, term: i32): bool {
  return fields.monomial ? (term & 1) == 1 : term >= <i32>fields.evenTerms;
}

/** d/dx of a term at B. At −B it has the same size, and the other sign for even terms. */
export function edgeSlope(fields: Activation, term: i32): f64 {
  if (fields.monomial) return <f64>term * fields.inverseBound;
  const even = <i32>fields.evenTerms;
  const k = term < even ? term : term - even;
  // d/ds s^(k mod 2)·u^⌊k/2⌋ is 2k at s = 1, or 2k − 1 where k is odd.
  const slope = 4 * <f64>(fields.twice ? 2 * k - (k & 1) : k);
  return (term < even ? slope : 1 + slope) * fields.inverseBound;
}

/** Elements of eight vectors: as many as hide the latency of Horner's method, in pairs that V8 can take for one of 256 bits. */
export const GROUP: i32 = 32;
export const GROUP_BYTES: usize = 128;
/** Elements that stay in the first-level cache while all is computed that is made of them. */
export const CHUNK: i32 = 16 * GROUP;
/** Elements that are computed before it is looked whether any of them are out of range. */
export const RUN: i32 = 8 * CHUNK;
const BLOCK: i32 = 4 * RUN;
/** Two vectors for each group of a run. */
export const GROUP_SIZES_BYTES: usize = <usize>(RUN / GROUP) << 5;
/** A number for each, and one more. */
export const LIST_BYTES: usize = (<usize>(RUN / GROUP) << 2) + 16;

// A block is of one channel: a piece of one plane where planes are large, several whole planes where they are small.
// Those of a channel follow each other.

function piecesOf(area: i32): i32 {
  return max(1, ceilDiv(area, BLOCK));
}

function imagesPerBlock(area: i32): i32 {
  return max(1, BLOCK / max(1, area));
}

function blocksPerChannel(fields: Activation): i32 {
  const area = <i32>fields.area;
  return ceilDiv(<i32>fields.images, imagesPerBlock(area)) * piecesOf(area);
}

export function blocksOf(fields: Activation): i32 {
  return <i32>fields.channels * blocksPerChannel(fields);
}

// @ts-ignore: decorator
@inline
export function channelOf(fields: Activation, block: i32): i32 {
  return block / blocksPerChannel(fields);
}

/** The images of a block, and the positions in their planes. */
// @ts-ignore: decorator
@inline
export function firstImage(fields: Activation, block: i32): i32 {
  const area = <i32>fields.area;
  return ((block % blocksPerChannel(fields)) / piecesOf(area)) * imagesPerBlock(area);
}

// @ts-ignore: decorator
@inline
export function endImage(fields: Activation, block: i32): i32 {
  return min(firstImage(fields, block) + imagesPerBlock(<i32>fields.area), <i32>fields.images);
}

// @ts-ignore: decorator
@inline
export function firstPosition(fields: Activation, block: i32): i32 {
  return (block % piecesOf(<i32>fields.area)) * BLOCK;
}

// @ts-ignore: decorator
@inline
export function endPosition(fields: Activation, block: i32): i32 {
  return min(firstPosition(fields, block) + BLOCK, <i32>fields.area);
}

/** Planes that are computed together in a chunk: more than one where too much of a group would be empty after each. */
// @ts-ignore: decorator
@inline
export function planesPerChunk(fields: Activation, group: i32): i32 {
  const area = <i32>fields.area;
  return area % group == 0 ? 1 : max(1, CHUNK / area);
}
