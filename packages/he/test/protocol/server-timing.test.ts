import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readServerTiming, writeServerTiming } from '../../src/protocol/server-timing.js';

const times = fc.dictionary(
  fc.stringMatching(/^[A-Za-z]{1,16}$/),
  fc.record({ count: fc.nat(1e6), milliseconds: fc.nat(1e9).map((microseconds) => microseconds / 1000) }),
  { minKeys: 1, maxKeys: 20, noNullPrototype: true },
);

test('times are read as they were written', () => {
  fc.assert(
    fc.property(times, (written) => {
      expect(readServerTiming(writeServerTiming(written))).toEqual(written);
    }),
  );
});

test('what a server says otherwise is no times', () => {
  const wrong = [
    '',
    'cache',
    'rotate;dur=x;desc="1"',
    'rotate;dur=1;desc="1", <b>',
    `a;dur=1;desc="${'1'.repeat(5000)}"`,
  ];
  for (const header of [null, ...wrong]) expect(readServerTiming(header)).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (header) => {
      const read = readServerTiming(header);
      for (const { count, milliseconds } of Object.values(read ?? {})) {
        expect(Number.isSafeInteger(count) && Number.isFinite(milliseconds)).toBe(true);
      }
    }),
  );
});
