import { ModulusChain, readEncryptionParameters } from '@pnn/he';
import { rewritten } from '../../packages/he/test/seal-format/messages.js';
import { sealSamples } from '../../packages/he/test/seal-format/samples.js';
import type { Sample } from './sample-files.js';

/** Keys, ciphertexts and plaintexts as SEAL writes them: what is read must be what SEAL takes. */
export async function sampleMessages(): Promise<Sample[]> {
  const { parameters, all, loads } = await sealSamples(1024, [27, 20, 30]);
  const chain = new ModulusChain(readEncryptionParameters(parameters));
  return all.map(({ name, kind, bytes }) => ({
    name: name.replaceAll(' ', '-'),
    bytes,
    read: async (mutated) => {
      const again = rewritten[kind](mutated, chain);
      if (Buffer.compare(again, mutated) !== 0) return 'it is written with other bytes';
      return loads(kind, mutated) ? undefined : 'SEAL refuses it';
    },
  }));
}
