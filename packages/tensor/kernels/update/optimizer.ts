// Steps of the optimizers, in place.
import { loadSome, madd, storeSome } from '../simd';
import { address, ceilDiv, float, integer } from '../task';

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

/** A block is a piece of the elements. */
export function adamBlocks(task: usize): i32 {
  return ceilDiv(integer(task, 4), BLOCK);
}

/**
 * Fields: parameter, gradient, both moments, the number of elements; β₁, 1 − β₁, β₂, 1 − β₂; the learning rate over the
 * first moment's correction, 1 over the second's; ε; what the parameter is multiplied by, and what of it is added to the
 * gradient.
 */
export function adam(task: usize, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, integer(task, 4) - start);
  const at = <usize>start << 2;
  const parameter = address(task, 0) + at;
  const gradient = address(task, 1) + at;
  const moment1 = address(task, 2) + at;
  const moment2 = address(task, 3) + at;
  const beta1 = f32x4.splat(float(task, 5));
  const rest1 = f32x4.splat(float(task, 6));
  const beta2 = f32x4.splat(float(task, 7));
  const rest2 = f32x4.splat(float(task, 8));
  const rate = f32x4.splat(float(task, 9));
  const correction = f32x4.splat(float(task, 10));
  const epsilon = f32x4.splat(float(task, 11));
  const shrink = f32x4.splat(float(task, 12));
  const pull = f32x4.splat(float(task, 13));
  const whole = <usize>(count & ~3) << 2;
  for (let offset: usize = 0; offset < whole; offset += 16) {
    adamVector(4, parameter + offset, gradient + offset, moment1 + offset, moment2 + offset, beta1, rest1, beta2, rest2, rate, correction, epsilon, shrink, pull);
  }
  const rest = count & 3;
  if (rest > 0) {
    adamVector(rest, parameter + whole, gradient + whole, moment1 + whole, moment2 + whole, beta1, rest1, beta2, rest2, rate, correction, epsilon, shrink, pull);
  }
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
  kind: i32, nesterov: bool, task: usize, parameter: usize, gradient: usize, velocity: usize, count: i32,
): void {
  const rate = f32x4.splat(float(task, 4));
  const momentum = f32x4.splat(float(task, 5));
  const share = f32x4.splat(float(task, 6));
  const decay = f32x4.splat(float(task, 7));
  const end = parameter + (<usize>(count & ~3) << 2);
  for (; parameter < end; parameter += 16, gradient += 16, velocity += 16) {
    sgdVector(kind, nesterov, 4, parameter, gradient, velocity, rate, momentum, share, decay);
  }
  const rest = count & 3;
  if (rest > 0) sgdVector(kind, nesterov, rest, parameter, gradient, velocity, rate, momentum, share, decay);
}

/** A block is a piece of the elements. */
export function sgdBlocks(task: usize): i32 {
  return ceilDiv(integer(task, 3), BLOCK);
}

/**
 * Fields: parameter, gradient, velocity (or 0), the number of elements, the learning rate, the momentum, the share of the
 * gradient that enters the velocity, the weight decay, whether it looks ahead (Nesterov), whether this is the first step.
 */
export function sgd(task: usize, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, integer(task, 3) - start);
  const at = <usize>start << 2;
  const parameter = address(task, 0) + at;
  const gradient = address(task, 1) + at;
  const velocities = address(task, 2);
  const velocity = velocities + at;
  const nesterov = integer(task, 8);
  if (!velocities) sgdRun(PLAIN, false, task, parameter, gradient, 0, count);
  else if (integer(task, 9)) {
    if (nesterov) sgdRun(FIRST, true, task, parameter, gradient, velocity, count);
    else sgdRun(FIRST, false, task, parameter, gradient, velocity, count);
  } else if (nesterov) sgdRun(MOMENTUM, true, task, parameter, gradient, velocity, count);
  else sgdRun(MOMENTUM, false, task, parameter, gradient, velocity, count);
}
