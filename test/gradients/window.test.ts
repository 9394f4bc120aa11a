import { windowCases } from './cases/window.js';
import { checkAll } from './check-all.js';

checkAll(windowCases);
