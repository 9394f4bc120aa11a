import { windowFunctionCases } from './cases/window-functions.js';
import { checkAll } from './check-all.js';

checkAll(windowFunctionCases);
