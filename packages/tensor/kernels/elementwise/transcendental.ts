// Functions of one number that take many steps, not among those of `unary`: with their loops in one function, V8 makes e^x
// slower by a third.
import { errorComplement, errorFunction, gelu } from '../error-function';
import { exponentialMinusOne } from '../exponential';
import { logarithm, logarithmOfOnePlus, softplus } from '../logarithm';
import { loadSome, storeSome } from '../simd';
import { ceilDiv } from '../task';
import { Unary } from './arithmetic';

/** Elements of a block, at most. */
const BLOCK: i32 = 16384;

/** Functions of one number of many steps that there are kernels for. */
enum TranscendentalOperation {
  expm1,
  log,
  log1p,
  softplus,
  erf,
  erfc,
  gelu,
}

// @ts-ignore: decorator
@inline
function transcendentalOf(operation: i32, x: v128): v128 {
  if (operation == TranscendentalOperation.expm1) return exponentialMinusOne(x);
  if (operation == TranscendentalOperation.log) return logarithm(x);
  if (operation == TranscendentalOperation.log1p) return logarithmOfOnePlus(x);
  if (operation == TranscendentalOperation.softplus) return softplus(x);
  if (operation == TranscendentalOperation.erf) return errorFunction(x);
  if (operation == TranscendentalOperation.erfc) return errorComplement(x);
  return gelu(x);
}

// @ts-ignore: decorator
@inline
function map(operation: i32, x: usize, out: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x + 16 < end; x += 32, out += 32) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const lowResult = transcendentalOf(operation, low);
    const highResult = transcendentalOf(operation, high);
    v128.store(out, lowResult);
    v128.store(out, highResult, 16);
  }
  if (x < end) {
    v128.store(out, transcendentalOf(operation, v128.load(x)));
    x += 16;
    out += 16;
  }
  const rest = count & 3;
  if (rest > 0) storeSome(out, transcendentalOf(operation, loadSome(x, rest)), rest);
}

/** Blocks of neighboring elements. */
export function transcendentalBlocks(fields: Unary): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** A function of every element. */
export function transcendental(fields: Unary, block: i32): void {
  const start = block * BLOCK;
  const x = <usize>fields.x + (<usize>start << 2);
  const out = <usize>fields.out + (<usize>start << 2);
  const count = min(BLOCK, <i32>fields.size - start);
  const operation = <i32>fields.operation;
  if (operation == TranscendentalOperation.expm1) map(TranscendentalOperation.expm1, x, out, count);
  else if (operation == TranscendentalOperation.log) map(TranscendentalOperation.log, x, out, count);
  else if (operation == TranscendentalOperation.log1p) map(TranscendentalOperation.log1p, x, out, count);
  else if (operation == TranscendentalOperation.softplus) map(TranscendentalOperation.softplus, x, out, count);
  else if (operation == TranscendentalOperation.erf) map(TranscendentalOperation.erf, x, out, count);
  else if (operation == TranscendentalOperation.erfc) map(TranscendentalOperation.erfc, x, out, count);
  else map(TranscendentalOperation.gelu, x, out, count);
}
