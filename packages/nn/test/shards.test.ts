import { describe, expect, it } from 'vitest';
import { shardsOf, wholeBatch } from '../src/index.js';

describe('shardsOf', () => {
  it('gives every process shards in a row, all of them together once', () => {
    for (const count of [1, 2, 4, 8, 256]) {
      for (let size = 1; size <= count; size *= 2) {
        const owned = Array.from({ length: size }, (_, rank) => shardsOf({ rank, size }, count)).flatMap(
          ({ first, own }) => Array.from({ length: own }, (_, i) => first + i),
        );
        expect(owned).toEqual(Array.from({ length: count }, (_, shard) => shard));
      }
    }
    expect(shardsOf({ rank: 0, size: 1 }, 1)).toEqual(wholeBatch);
  });

  it.each([0, -2, 3, 2.5, 6, Number.NaN, 2 ** 31])('refuses %d shards', (count) => {
    expect(() => shardsOf({ rank: 0, size: 1 }, count)).toThrow(
      `shards: the number of shards must be a power of two, not ${count}`,
    );
  });

  it.each([3, 8])('refuses to share 4 shards among %d processes', (size) => {
    expect(() => shardsOf({ rank: 0, size }, 4)).toThrow(
      `shards: ${size} processes cannot share 4 shards: start a power of two of processes, 4 at most`,
    );
  });
});
