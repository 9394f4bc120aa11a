import { recurrentCases } from './cases/recurrent.js';
import { checkAll } from './check-all.js';

checkAll(recurrentCases, 12);
