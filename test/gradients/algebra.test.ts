import { algebraCases, linearAlgebraCases } from './cases/algebra.js';
import { checkAll } from './check-all.js';

checkAll(linearAlgebraCases, 60);
checkAll(algebraCases, 25);
