import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import fc from '../node_modules/fast-check/lib/fast-check.js';
import { drawFor } from './draw-for.js';

test('a property is drawn once, however little time there is', () => {
  const property = fc.property(fc.nat(), () => true);
  expect(fc.check(property, { plugins: [drawFor(0)] })).toMatchObject({ failed: false, interrupted: true, numRuns: 1 });
});

test('a run that takes longer has ended before the property has', async () => {
  let begun = 0;
  let ended = 0;
  const property = fc.asyncProperty(fc.nat(), async () => {
    begun++;
    await setTimeout(20);
    ended++;
  });
  expect(await fc.check(property, { plugins: [drawFor(1)] })).toMatchObject({ failed: false, numRuns: 1 });
  expect([begun, ended]).toEqual([1, 1]);
});

test('samples that a property leaves out are no result', () => {
  let drawn = 0;
  const property = fc.property(fc.nat(), () => fc.pre(++drawn > 3));
  expect(fc.check(property, { plugins: [drawFor(0)] })).toMatchObject({ failed: false, numRuns: 1, numSkips: 3 });
});

test('what fails is told', () => {
  const property = fc.property(fc.nat(), () => false);
  expect(fc.check(property, { plugins: [drawFor(0)] })).toMatchObject({ failed: true, numRuns: 1 });
});
