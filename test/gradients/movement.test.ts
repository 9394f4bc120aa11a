import { movementCases } from './cases/movement.js';
import { checkAll } from './check-all.js';

checkAll(movementCases);
