import { reductionCases } from './cases/reduction.js';
import { checkAll } from './gradient-case.js';

checkAll(reductionCases);
