import { expect, it } from 'vitest';
import * as losses from '../../packages/nn/src/losses/index.js';
import { lossCases } from './cases/losses.js';
import { checkAll } from './check-all.js';

checkAll(lossCases, 30);

it('every loss has a gradient test', () => {
  expect(Object.keys(lossCases).sort()).toEqual(Object.keys(losses).sort());
});
