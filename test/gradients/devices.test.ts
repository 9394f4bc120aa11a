import { elementwiseCases } from './cases/elementwise.js';
import { fusedCases } from './cases/fused.js';
import { movementCases } from './cases/movement.js';
import { reductionCases } from './cases/reduction.js';
import { windowCases } from './cases/window.js';
import { checkOnDevices } from './on-devices.js';

checkOnDevices({ ...elementwiseCases, ...fusedCases, ...movementCases, ...reductionCases, ...windowCases }, 60);
