import { activationCases } from './cases/activations.js';
import { checkAll } from './check-all.js';

checkAll(activationCases, 30);
