import { rules } from '@pnn/autograd';
import { type OperatorName, operators } from '@pnn/tensor';
import { expect, it } from 'vitest';
import { elementwiseCases } from './cases/elementwise.js';
import { fusedCases } from './cases/fused.js';
import { movementCases } from './cases/movement.js';
import { reductionCases } from './cases/reduction.js';
import { windowCases } from './cases/window.js';

const families = [elementwiseCases, fusedCases, movementCases, reductionCases, windowCases];

it('every operator that has derivatives has a gradient test', () => {
  const differentiable = (Object.keys(operators) as OperatorName[]).filter((name) => rules[name] !== 'constant');
  const tested = families.flatMap((cases) => Object.keys(cases));
  expect(tested.sort()).toEqual(differentiable.sort());
});

it('every rule belongs to an operator', () => {
  expect(Object.keys(rules).sort()).toEqual(Object.keys(operators).sort());
});
