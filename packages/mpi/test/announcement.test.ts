import { describe, expect, it } from 'vitest';
import { type Announcement, checkAnnouncements, encodeAnnouncement, hashOf } from '../src/announcement.js';

const check = (...announcements: readonly Announcement[]) =>
  checkAnnouncements(new Uint8Array(Buffer.concat(announcements.map(encodeAnnouncement))));

describe('checkAnnouncements', () => {
  it('lets those pass who do the same', () => {
    for (const operation of ['sum', 'gather', 'broadcast'] as const) {
      const announcement = { operation, call: 7, shape: hashOf([1, 2]) };
      check(announcement, announcement, announcement, announcement);
    }
  });

  it('names the process that does something else', () => {
    expect(() =>
      check(
        { operation: 'sum', call: 4, shape: 1 },
        { operation: 'sum', call: 4, shape: 1 },
        { operation: 'gather', call: 4, shape: 1 },
      ),
    ).toThrow('mpi: in call 5 process 0 calls sum and process 2 gather: all must call the same, in the same order');
  });

  it('names the process that gives something else', () => {
    expect(() =>
      check({ operation: 'sum', call: 0, shape: hashOf([3]) }, { operation: 'sum', call: 0, shape: hashOf([4]) }),
    ).toThrow(
      'mpi: in call 1, sum, process 1 gives other lengths or types than process 0: ' +
        'all must train the same network with the same settings',
    );
  });
});

describe('hashOf', () => {
  it('depends on every word, on their order and on their number', () => {
    const hashes = [[], [0], [0, 0], [1], [1, 2], [2, 1], [2 ** 31], [256], [2 ** 32 - 1]].map((words) =>
      hashOf(words),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
