import { algebraCases, algebraOperatorCases } from './cases/algebra.js';
import { checkAll } from './check-all.js';

checkAll(algebraOperatorCases, 60);
checkAll(algebraCases, 25);
