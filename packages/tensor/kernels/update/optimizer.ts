// Steps of the optimizers, in place.
import { loadSome, madd, storeSome } from '../simd';
import { ceilDiv } from '../task';

const BLOCK: i32 = 16384;

/** One to four elements; where the number is a constant, so are the loads and stores. */
// @ts-ignore: decorator
@inline
function adamVector(
  lanes: i32,
  parameter: usize,
  gradient: usize,
  moment1: usize,
  moment2: usize,
  beta1: v128,
  rest1: v128,
  beta2: v128,
  rest2: v128,
  rate: v128,
  correction: v128,
  epsilon: v128,
  shrink: v128,
  pull: v128,
): void {
  const old = loadSome(parameter, lanes);
  const slope = madd(pull, old, loadSome(gradient, lanes));
  const mean = madd(beta1, loadSome(moment1, lanes), f32x4.mul(rest1, slope));
  const square = madd(beta2, loadSome(moment2, lanes), f32x4.mul(f32x4.mul(rest2, slope), slope));
  storeSome(moment1, mean, lanes);
  storeSome(moment2, square, lanes);
  const root = f32x4.add(f32x4.sqrt(f32x4.mul(square, correction)), epsilon);
  const step = f32x4.div(f32x4.mul(rate, mean), root);
  storeSome(parameter, f32x4.sub(f32x4.mul(old, shrink), step), lanes);
}

@unmanaged
export class Adam {
  parameter: f64;
  gradient: f64;
  moment1: f64;
  moment2: f64;
  /** The number of elements. */
  size: f64;
  beta1: f64;
  /** 1 − β₁. */
  rest1: f64;
  beta2: f64;
  /** 1 − β₂. */
  rest2: f64;
  /** The learning rate over the first moment's correction. */
  rate: f64;
  /** 1 over the second moment's. */
  correction: f64;
  epsilon: f64;
  /** What the parameter is multiplied by. */
  shrink: f64;
  /** What of the parameter is added to the gradient. */
  pull: f64;
}

/** A block is a piece of the elements. */
export function adamBlocks(fields: Adam): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** A step of Adam. */
export function adam(fields: Adam, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  const at = <usize>start << 2;
  const parameter = <usize>fields.parameter + at;
  const gradient = <usize>fields.gradient + at;
  const moment1 = <usize>fields.moment1 + at;
  const moment2 = <usize>fields.moment2 + at;
  const beta1 = f32x4.splat(<f32>fields.beta1);
  const rest1 = f32x4.splat(<f32>fields.rest1);
  const beta2 = f32x4.splat(<f32>fields.beta2);
  const rest2 = f32x4.splat(<f32>fields.rest2);
  const rate = f32x4.splat(<f32>fields.rate);
  const correction = f32x4.splat(<f32>fields.correction);
  const epsilon = f32x4.splat(<f32>fields.epsilon);
  const shrink = f32x4.splat(<f32>fields.shrink);
  const pull = f32x4.splat(<f32>fields.pull);
  const whole = <usize>(count & ~3) << 2;
  for (let offset: usize = 0; offset < whole; offset += 16) {
    adamVector(4, parameter + offset, gradient + offset, moment1 + offset, moment2 + offset, beta1, rest1, beta2, rest2, rate, correction, epsilon, shrink, pull);
  }
  const rest = count & 3;
  if (rest > 0) {
    adamVector(rest, parameter + whole, gradient + whole, moment1 + whole, moment2 + whole, beta1, rest1, beta2, rest2, rate, correction, epsilon, shrink, pull);
  }
}

@unmanaged
export class Sgd {
  parameter: f64;
  gradient: f64;
  /** 0 without one. */
  velocity: f64;
  /** The number of elements. */
  size: f64;
  /** The learning rate. */
  rate: f64;
  momentum: f64;
  /** The share of the gradient that enters the velocity. */
  share: f64;
  /** The weight decay. */
  decay: f64;
  /** Whether the step looks ahead. */
  nesterov: f64;
  /** Whether it is the first one. */
  first: f64;
}

const PLAIN: i32 = 0;
const FIRST: i32 = 1;
const MOMENTUM: i32 = 2;

/** One to four elements; `nesterov` only matters where there is a velocity. */
// @ts-ignore: decorator
@inline
function sgdVector(
  kind: i32, nesterov: bool, lanes: i32, parameter: usize, gradient: usize, velocity: usize,
  rate: v128, momentum: v128, share: v128, decay: v128,
): void {
  const old = loadSome(parameter, lanes);
  let slope = madd(decay, old, loadSome(gradient, lanes));
  if (kind != PLAIN) {
    const speed = kind == FIRST ? slope : madd(momentum, loadSome(velocity, lanes), f32x4.mul(share, slope));
    storeSome(velocity, speed, lanes);
    slope = nesterov ? madd(momentum, speed, slope) : speed;
  }
  storeSome(parameter, f32x4.sub(old, f32x4.mul(rate, slope)), lanes);
}

// @ts-ignore: decorator
@inline
function sgdRun(
  kind: i32, nesterov: bool, fields: Sgd, parameter: usize, gradient: usize, velocity: usize, count: i32,
): void {
  const rate = f32x4.splat(<f32>fields.rate);
  const momentum = f32x4.splat(<f32>fields.momentum);
  const share = f32x4.splat(<f32>fields.share);
  const decay = f32x4.splat(<f32>fields.decay);
  const end = parameter + (<usize>(count & ~3) << 2);
  for (; parameter < end; parameter += 16, gradient += 16, velocity += 16) {
    sgdVector(kind, nesterov, 4, parameter, gradient, velocity, rate, momentum, share, decay);
  }
  const rest = count & 3;
  if (rest > 0) sgdVector(kind, nesterov, rest, parameter, gradient, velocity, rate, momentum, share, decay);
}

/** A block is a piece of the elements. */
export function sgdBlocks(fields: Sgd): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** A step of stochastic gradient descent. */
export function sgd(fields: Sgd, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  const at = <usize>start << 2;
  const parameter = <usize>fields.parameter + at;
  const gradient = <usize>fields.gradient + at;
  const velocities = <usize>fields.velocity;
  const velocity = velocities + at;
  const nesterov = <i32>fields.nesterov;
  if (!velocities) sgdRun(PLAIN, false, fields, parameter, gradient, 0, count);
  else if (<i32>fields.first) {
    if (nesterov) sgdRun(FIRST, true, fields, parameter, gradient, velocity, count);
    else sgdRun(FIRST, false, fields, parameter, gradient, velocity, count);
  } else if (nesterov) sgdRun(MOMENTUM, true, fields, parameter, gradient, velocity, count);
  else sgdRun(MOMENTUM, false, fields, parameter, gradient, velocity, count);
}
