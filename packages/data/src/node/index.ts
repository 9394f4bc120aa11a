export { folder } from './folder-source.js';
