import { installGlobalPlugin } from 'fast-check';
import { drawFor } from './draw-for.js';

// Long enough for most properties to be drawn as often as they ask for.
installGlobalPlugin(drawFor(200));
