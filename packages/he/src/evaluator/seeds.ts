import type { ModulusTable } from './modulus-table.js';
import type { ResidueMemory } from './residue-memory.js';
import type { Team } from './team.js';

const SEED_BYTES = 64;
const COUNT_BYTES = 4;

/** Writes the polynomials of a level that seeds stand for, as words, so many bytes apart. */
export function expandSeeds(
  memory: ResidueMemory,
  team: Team,
  table: ModulusTable,
  limbs: number,
  seeds: readonly Uint8Array[],
  to: number,
  stride: number,
): void {
  const countBytes = seeds.length * limbs * COUNT_BYTES;
  const address = memory.allocate(seeds.length * SEED_BYTES);
  const counts = memory.allocate(countBytes);
  try {
    for (const [index, seed] of seeds.entries()) memory.bytes(address + index * SEED_BYTES, SEED_BYTES).set(seed);
    team.run('expandSeed', seeds.length * limbs, table.address, limbs, address, to, stride, counts);
    team.run('redraw', seeds.length, table.address, limbs, address, to, stride, counts);
  } finally {
    memory.release(address, seeds.length * SEED_BYTES);
    memory.release(counts, countBytes);
  }
}
