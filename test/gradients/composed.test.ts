import { composedCases } from './cases/composed.js';
import { checkAll } from './gradient-case.js';

checkAll(composedCases, 40);
