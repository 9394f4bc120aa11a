import { elementwiseCases } from './cases/elementwise.js';
import { checkAll } from './gradient-case.js';

checkAll(elementwiseCases);
