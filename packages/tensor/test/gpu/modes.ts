import { type GpuMode, listGpuModes } from '@pnn/tensor/gpu';

const reports = await listGpuModes();

/** The modes that this machine has in Node; those of browsers have tests of their own. */
export const nodeModes: readonly GpuMode[] = reports.filter(({ available }) => available).map(({ mode }) => mode);

/** What is not tested, and why. */
export const untested: readonly string[] = reports
  .filter(({ mode, available }) => !available && mode !== 'webgl2')
  .map(({ mode, missing }) => `${mode} in Node: ${missing}`);
