import { algebraCases, algebraOperatorCases } from './cases/algebra.js';
import { checkAll } from './check-all.js';

checkAll(algebraOperatorCases, 40);
checkAll(algebraCases, 20);
