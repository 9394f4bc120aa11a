export * from './decoder.js';
export { decodeJson, encodeJson } from './json.js';
