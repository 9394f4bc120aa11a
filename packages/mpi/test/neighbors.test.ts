import { reference } from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import { describe, expect, it } from 'vitest';
import { MpiError } from '../src/errors.js';
import { findNeighbors } from '../src/exchange/neighbors.js';
import { loadKoffi } from '../src/koffi.js';
import { linux } from '../src/linux.js';
import type { System } from '../src/system.js';
import { inOneProcess } from './in-one-process.js';

const koffi = await loadKoffi();
const system = linux(koffi);
const base = Number(koffi.address(hostBytes()));

/** What each of as many processes finds, which are all this one. */
function findAll(systems: readonly System[], isWanted: (rank: number) => boolean = () => true) {
  const communicators = inOneProcess(systems.length);
  return Promise.all(systems.map((each, rank) => findNeighbors(communicators[rank]!, each, base, isWanted(rank))));
}

describe('processes of one machine', () => {
  it('copy from the memory of each other and to it', async () => {
    const found = await findAll([system, system]);
    const [here, there] = [0, 1].map(() => reference.memory.allocate('float64', 1000));
    const [a, b] = [here, there].map((buffer) => new Float64Array(hostBytes().buffer, hostOffset(buffer!)!, 1000));
    a!.set(a!.map((_, i) => i));
    found[1]![0]!.read(hostOffset(here!)!, base + hostOffset(there!)!, 8000);
    expect(Array.from(b!)).toEqual(Array.from(a!));
    a!.fill(7, 500);
    found[0]![1]!.write(base + hostOffset(here!)! + 4000, hostOffset(there!)!, 4000);
    expect(Array.from(b!)).toEqual([...new Array(500).fill(7), ...Array.from({ length: 500 }, (_, i) => 500 + i)]);
    for (const each of [here, there]) reference.memory.release(each!);
  });

  const forbidden: System = {
    ...system,
    copyFrom() {
      throw new MpiError('not permitted');
    },
  };
  /** A process of another container, which has the number of one of ours. */
  const elsewhere: System = { ...system, copyFrom: () => {} };

  it.each<[string, readonly System[], ((rank: number) => boolean)?]>([
    ['one may not', [system, forbidden]],
    ['a number stands for another process', [system, system, elsewhere, system]],
    ['one does not want to', [system, system], (rank) => rank === 0],
  ])('send messages in all of them where %s', async (_, systems, isWanted) => {
    expect(await findAll(systems, isWanted)).toEqual(systems.map(() => undefined));
  });

  it('are told why where it fails', () => {
    const nobody = 2 ** 31 - 1;
    expect(() => system.copyFrom(nobody, base, base + 8, 8)).toThrow(
      new MpiError(`mpi: process_vm_readv from or to process ${nobody} of this machine has failed: ESRCH`),
    );
    expect(() => system.copyTo(process.pid, 8, base, 8)).toThrow(MpiError);
  });
});
