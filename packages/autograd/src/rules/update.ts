import type { OperatorFamilies } from '@pnn/tensor';
import { constant, type RulesOf } from '../rule.js';

/** What is changed in place has no history to go through. */
export const updateRules: RulesOf<OperatorFamilies['update']> = {
  assign: constant,
  assignLerp: constant,
};
