import { enableWideSimd } from '@pnn/tensor/node';

if (!enableWideSimd()) throw new Error('kernels give other bits with 256 bits than with 128');
