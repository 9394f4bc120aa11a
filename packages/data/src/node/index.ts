export { decodeImage } from './decode-image.js';
export { folder } from './folder-source.js';
