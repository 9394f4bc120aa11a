export { connect, FileKeyClient } from './connect.js';
export { readKeyFile, writeKeyFile } from './key-file.js';
export { SealTeam } from './seal-team.js';
export { type EncryptedServer, type ServeOptions, serve } from './serve.js';
export { enableWideEvaluator } from './wide-evaluator.js';
