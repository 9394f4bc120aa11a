import { windowLayerCases } from './cases/window-layers.js';
import { checkAll } from './check-all.js';

checkAll(windowLayerCases, 30);
