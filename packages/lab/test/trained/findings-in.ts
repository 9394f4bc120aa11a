import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type FindingRecords, type Findings, parseFindings } from '../../src/index.js';

/** What a command has written into a folder, of which decoding leaves nothing out. */
export async function findingsIn<Kind extends keyof FindingRecords>(
  folder: string,
  kind: Kind,
): Promise<Extract<Findings, { readonly kind: Kind }>> {
  const name = `${kind}.json`;
  const json = await readFile(join(folder, name), 'utf8');
  const found = parseFindings(json, name);
  expect(found).toEqual(JSON.parse(json));
  expect(found.kind).toBe(kind);
  return found as Extract<Findings, { readonly kind: Kind }>;
}
