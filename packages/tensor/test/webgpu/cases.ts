import { kernelCases } from '../gpu/cases/index.js';

/** gpu.js gives NaN for what its sine does not reach. */
const OF_GPU_JS = 'sin, cos and tan of what is too large';

/** What kernels must fulfill, in a browser or in Node. */
export const casesOfWebGpu = kernelCases.filter(({ name }) => name !== OF_GPU_JS);
