import { reductionCases } from './cases/reduction.js';
import { checkAll } from './check-all.js';

checkAll(reductionCases);
