import { activationCases } from './cases/activations.js';
import { checkAll } from './gradient-case.js';
import { checkOnDevices } from './on-devices.js';

checkAll(activationCases, 30);
checkOnDevices(activationCases, 10);
