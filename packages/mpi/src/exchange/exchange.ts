import { type FloatDType, reference, type Tensor, updateInPlace } from '@pnn/nn';
import { hostOffset } from '@pnn/tensor/node';
import type { Request } from '../library.js';
import { Adder } from './adder.js';
import { exchangeByCopies, PIECES_AT_ONCE } from './copies.js';
import { type Group, tagsOf } from './group.js';
import { exchangeByMessages, PIECES_AHEAD } from './messages.js';
import { Packed } from './packed.js';
import { piecesOf, type Segment } from './pieces.js';

/** Smaller tensors are copied side by side, since each exchange by itself waits for the network twice. */
const LARGE = 65536;

/**
 * In place: every tensor becomes the sum over all processes by the tree of `Communicator`. Each process adds an equal part of
 * the elements, which all others send to it, and sends them the sums: 2(1 − 1/size) of all bytes leave each process, the least that
 * is possible (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, 2009). The order of the
 * additions is ours, whether MPI moves the bytes or processes copy them.
 *
 * Several exchanges may be on their way, each with its own number: messages find each other by tags.
 *
 * @param tensors on CPU devices, not empty, float32 or float64
 * @param call the number of this exchange, the same in all processes
 * @param announced done when all processes have announced this exchange
 * @param check throws if they announced something else
 * @yields what must be done before it goes on
 */
export function* exchange(
  group: Group,
  tensors: readonly Tensor[],
  call: number,
  announced: Request,
  check: () => void,
): Generator<Request, void, void> {
  const device = tensors[0]?.device ?? reference;
  yield announced;
  check();
  const packed = (['float32', 'float64'] as const).flatMap((dtype) => {
    const small = tensors.filter((tensor) => tensor.dtype === dtype && tensor.size < LARGE);
    return small.length > 0 ? [new Packed(dtype, small)] : [];
  });
  const large = tensors.filter(({ size }) => size >= LARGE);
  const segments: Segment[] = [
    ...large.map(({ dtype, buffer, size }) => ({ dtype: dtype as FloatDType, offset: hostOffset(buffer)!, size })),
    ...packed.map(({ segment }) => segment),
  ];
  const pieces = segments.flatMap((segment) => piecesOf(segment, group.size));
  const { neighbors } = group;
  const adder = new Adder(group, pieces, device, neighbors ? PIECES_AT_ONCE : PIECES_AHEAD);
  const tags = tagsOf(call);
  try {
    for (const each of packed) each.fill();
    if (neighbors) yield* exchangeByCopies(group, neighbors, segments, pieces, adder, tags);
    else yield* exchangeByMessages(group, pieces, adder, tags);
    for (const each of packed) each.empty();
    for (const tensor of tensors) updateInPlace(tensor, () => {});
  } finally {
    for (const each of [adder, ...packed]) each.release();
  }
}
