/** Sums, gathers and broadcasts of random lengths, whose bits must be those of the tree computed by one process. */
import { isDeepStrictEqual } from 'node:util';
import { mpi } from '@pnn/mpi';
import { type Tensor, tensor } from '@pnn/nn';
import fc from 'fast-check';

const [seed, runs] = process.argv.slice(2).map(Number) as [number, number];
const communicator = await mpi({ timeout: 60 });
const { rank, size } = communicator;

type Elements = Float32Array | Float64Array;

/** Lengths that are and are not multiples of what processes, cache lines, blocks and bundles of small tensors have. */
const length = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 15, 16, 17, 65535, 65536, 65537) },
  { weight: 4, arbitrary: fc.nat(2000) },
  { weight: 1, arbitrary: fc.integer({ min: 65536, max: 400_000 }) },
);
const lists = fc.array(fc.record({ length, dtype: fc.constantFrom('float32' as const, 'float64' as const) }), {
  maxLength: 6,
});

/** The same numbers in every process: what the process of a rank has in the n-th tensor. Also tiny, huge and infinite ones. */
function elementsOf(
  process: number,
  call: number,
  n: number,
  { length, dtype }: { length: number; dtype: string },
): Elements {
  let state = (seed ^ Math.imul(process + 1, 0x9e3779b1) ^ Math.imul(call * 64 + n, 0x85ebca6b)) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const array = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const kind = next();
    const scale = kind < 0.02 ? 1e-42 : kind < 0.03 ? 1e38 : 2 ** Math.floor(next() * 24 - 12);
    array[i] = (next() - 0.5) * scale;
  }
  if (length > 3) array[3] = Number.POSITIVE_INFINITY;
  return array;
}

/** The sum by the tree of `Communicator`, in the type of the elements. */
function treeOf(parts: readonly Elements[]): Elements {
  if (parts.length === 1) return parts[0]!;
  const next: Elements[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [a, b] = [parts[i]!, parts[i + 1]!];
    next.push(a instanceof Float32Array ? a.map((x, j) => x + b[j]!) : a.map((x, j) => x + b[j]!));
  }
  return treeOf(next);
}

let checks = 0;
function check(got: ArrayBufferView, expected: ArrayBufferView, what: string): void {
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  if (bytes(got).equals(bytes(expected))) checks++;
  else throw new Error(`rank ${rank} of ${size}: ${what} has other bits`);
}

const everyone = Array.from({ length: size }, (_, i) => i);

for (const [call, list] of fc.sample(lists, { seed, numRuns: runs }).entries()) {
  const tensors = list.map((each, n) => tensor(elementsOf(rank, call, n, each)));
  const expected = list.map((each, n) => treeOf(everyone.map((process) => elementsOf(process, call, n, each))));

  const versions = tensors.map(({ buffer }) => buffer.version);
  await communicator.sum(tensors);
  for (const [n, each] of tensors.entries()) {
    check(each.dataSync(), expected[n]!, `sum ${JSON.stringify(list[n])} of ${JSON.stringify(list)}`);
    // A gradient that needs the old elements must find out.
    if (size > 1 && each.size > 0 && each.buffer.version === versions[n]) throw new Error('the change was not noted');
  }

  // The same in several sums that are on their way at once.
  const begun: Tensor[][] = list.map((each, n) => [tensor(elementsOf(rank, call, n, each))]);
  const sums = begun.map((each) => communicator.beginSum(each));
  for (let i = 0; i < 50 * (rank + 1); i++) for (const sum of sums) sum.poll();
  for (const sum of sums) await sum.finish();
  for (const [n, each] of begun.flat().entries()) check(each.dataSync(), expected[n]!, 'a sum on its way');

  const given = list.map((each, n) => elementsOf(rank, call, n, { ...each, dtype: 'float64' }).subarray(0, 1000));
  const gathered = await communicator.gather(given);
  for (const process of everyone) {
    for (const [n, each] of list.entries()) {
      const elements = elementsOf(process, call, n, { ...each, dtype: 'float64' }).subarray(0, 1000);
      check(Float64Array.from(gathered[process]![n]!), elements, 'gather');
    }
  }

  const sent = [
    ...list.map((each, n) => tensor(elementsOf(rank, call, n, each))),
    tensor(Int32Array.of(rank, 2 ** 31 - 1 - rank)),
    tensor(Uint8Array.of(rank % 2, 1, 0)),
  ];
  await communicator.broadcast(sent);
  for (const [n, each] of list.entries()) check(sent[n]!.dataSync(), elementsOf(0, call, n, each), 'broadcast');
  check(sent.at(-2)!.dataSync(), Int32Array.of(0, 2 ** 31 - 1), 'broadcast of int32');
  check(sent.at(-1)!.dataSync(), Uint8Array.of(0, 1, 0), 'broadcast of bool');
  for (const each of [...tensors, ...begun.flat(), ...sent]) each.dispose();
}

const ranks = (await communicator.gather([[rank]])).map(([each]) => each![0]);
if (!isDeepStrictEqual(ranks, everyone)) throw new Error(`ranks are ${ranks}`);
const way = communicator.copiesDirectly ? 'copies' : 'messages';
if (rank === 0) console.log(`${checks} checks, ${size} processes, ${way}, ${communicator.library}`);
