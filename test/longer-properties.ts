/** fast-check for `npm run test:properties`: a property is drawn for seconds, however few times its test asks for. */
import fastCheck, { type IRawProperty, type Parameters } from '../node_modules/fast-check/lib/fast-check.js';
import { drawFor } from './draw-for.js';

const SECONDS = 2;

export * from '../node_modules/fast-check/lib/fast-check.js';

const assert = <Ts>(property: IRawProperty<Ts>, parameters?: Parameters<Ts>) =>
  fastCheck.assert(property, { ...parameters, numRuns: 1e6, plugins: [drawFor<Ts>(1000 * SECONDS)] });

// biome-ignore lint/style/noDefaultExport: it stands for fast-check, which has one
export default { ...fastCheck, assert };
