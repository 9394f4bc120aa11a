import { type GpuMode, listGpuModes } from '@pnn/tensor/gpu';

const reports = await listGpuModes();

/** The modes that this machine has in Node; those of browsers have tests of their own. */
export const nodeModes: readonly GpuMode[] = reports.filter(({ available }) => available).map(({ mode }) => mode);

/** Why a mode is missing here although its package may have been asked for. */
const inThisRepository: Partial<Record<GpuMode, string>> = {
  headlessgl:
    '; in this repository an empty package stands in for gl, which takes minutes to compile: install gl in another ' +
    'folder, link its node_modules/gl to node_modules/gl here, and start the tests by xvfb-run',
};

/** Which modes are tested in Node, and which are not and why, one line each. */
export const tested: readonly string[] = [
  `TESTED: ${nodeModes.join(', ')} in Node`,
  ...reports
    .filter(({ mode, available }) => !available && mode !== 'webgl2')
    .map(({ mode, missing }) => `NOT TESTED: ${mode} in Node: ${missing}${inThisRepository[mode] ?? ''}`),
];
