import { composedCases } from './cases/composed.js';
import { checkAll } from './check-all.js';

checkAll(composedCases, 40);
