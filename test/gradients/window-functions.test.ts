import { windowFunctionCases } from './cases/window-functions.js';
import { checkAll } from './gradient-case.js';

checkAll(windowFunctionCases);
