export {
  compileWide,
  compileWideObstacle,
  enableRelaxedSimd,
  enableWideSimd,
  wideSimdObstacle,
} from '@pnn/tensor/node';
export { FileError, readFileAs, readFileBytes, removeLeftovers, writeFileAtomically } from './files.js';
export { findLauncher, type Launcher } from './launcher.js';
export { loadNpy, saveNpy } from './npy.js';
export { loadSafetensors, loadWeights, type SaveWeightsOptions, saveSafetensors, saveWeights } from './safetensors.js';
