export { enableRelaxedSimd, enableWideSimd, wideSimdObstacle } from '@pnn/tensor/node';
export { FileError, readFileAs, readFileBytes, writeFileAtomically } from './files.js';
export { loadNpy, saveNpy } from './npy.js';
export { loadSafetensors, loadWeights, type SaveWeightsOptions, saveSafetensors, saveWeights } from './safetensors.js';
