import { algebraCases } from './cases/algebra.js';
import { checkAll } from './check-all.js';

checkAll(algebraCases, 40);
