import { readFileSync } from 'node:fs';

const manifest = new URL('../../packages/tensor/package.json', import.meta.url);

/** The version of this library. */
export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
