import { movementCases } from './cases/movement.js';
import { checkAll } from './gradient-case.js';

checkAll(movementCases);
