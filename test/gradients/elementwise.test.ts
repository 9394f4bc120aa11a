import { elementwiseCases } from './cases/elementwise.js';
import { checkAll } from './check-all.js';

checkAll(elementwiseCases);
