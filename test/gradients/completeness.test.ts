import { rules } from '@pnn/autograd';
import { type OperatorName, operators } from '@pnn/tensor';
import { expect, it } from 'vitest';
import { operatorGradientCases } from './cases/index.js';

it('every operator that has derivatives has a gradient test', () => {
  const differentiable = (Object.keys(operators) as OperatorName[]).filter((name) => rules[name] !== 'constant');
  const tested = Object.keys(operatorGradientCases);
  expect(tested.sort()).toEqual(differentiable.sort());
});

it('every rule belongs to an operator', () => {
  expect(Object.keys(rules).sort()).toEqual(Object.keys(operators).sort());
});
