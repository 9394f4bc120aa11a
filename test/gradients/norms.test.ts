import { normCases } from './cases/norms.js';
import { checkAll } from './check-all.js';

checkAll(normCases, 30);
