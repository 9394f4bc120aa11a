import { enableWideSimd } from '@pnn/tensor/node';
import { isModuleTaken } from '../packages/tensor/src/devices/wasm/chosen-module.js';

// Files of one worker share the kernels.
if (!isModuleTaken()) enableWideSimd();
