import { functionGradientCases, operatorGradientCases } from './cases/index.js';
import { checkOnDevices } from './on-devices.js';

checkOnDevices(operatorGradientCases, 60);
checkOnDevices(functionGradientCases, 10);
