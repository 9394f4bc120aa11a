import { PnnError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { datasetFiles } from './files.js';

describe.each(datasetFiles().map((file) => [file.name, file] as const))('%s', (_, file) => {
  test('is read as it is', async () => {
    expect(await file.read(file.bytes)).toBeUndefined();
  });

  test('changed anyhow, is read as what it says now or refused by a sentence', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutations, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = changes.reduce((each, mutate) => mutate(each), file.bytes);
        const wrong = await file.read(bytes).catch((error: unknown) => {
          if (!(error instanceof PnnError)) throw error;
          expect(error.message).not.toContain('\n');
          return undefined;
        });
        expect(wrong).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
