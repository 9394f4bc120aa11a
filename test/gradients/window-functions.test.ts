import { windowFunctionCases } from './cases/window-functions.js';
import { checkAll } from './check-all.js';

// What they are made of is checked at more points.
checkAll(windowFunctionCases, 30);
