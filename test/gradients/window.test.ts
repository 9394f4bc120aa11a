import { windowCases } from './cases/window.js';
import { checkAll } from './gradient-case.js';

checkAll(windowCases);
