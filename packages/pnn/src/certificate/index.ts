export { type AscentOptions, type FarthestInputs, farthestInputs } from './adversarial-ascent.js';
export { clopperPearsonUpper } from './clopper-pearson.js';
export {
  type Box,
  type EnclosureOptions,
  encloseNetwork,
  type LayerEnclosure,
} from './network-enclosure.js';
export { type ParetoTail, paretoTail } from './pareto-tail.js';
