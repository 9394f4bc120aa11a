import { createHash, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { KeyError } from '../errors.js';

const MAGIC = 'PNN-HE secret key 1\n';
const HASH_BYTES = 32;
const DIGEST_BYTES = 32;
const MAX_BYTES = 64 * 2 ** 20;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/**
 * Writes a secret key to a new file that only its owner can read.
 *
 * @param identity of the plan that it is for, by `planIdentity`
 * @throws KeyError where there is a file already, or it cannot be written
 */
export async function writeKeyFile(path: string, identity: string, secret: Uint8Array): Promise<void> {
  const content = Buffer.concat([Buffer.from(MAGIC), Buffer.from(identity, 'hex'), secret]);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // Never over another key, whose ciphertexts nobody could read any more.
    file = await open(path, 'wx', OWNER_ONLY);
  } catch (error) {
    const exists = codeOf(error) === 'EEXIST';
    throw new KeyError(
      exists
        ? `${path} is there already: use that key, or name another file`
        : `${path} cannot be written: ${codeOf(error)}`,
      { cause: error },
    );
  }
  try {
    await file.chmod(OWNER_ONLY);
    await file.writeFile(content);
    await file.writeFile(digestOf(content));
    await file.sync();
  } finally {
    content.fill(0);
    await file.close();
  }
}

/**
 * Reads a secret key.
 *
 * @param identity of the plan that it must be for, by `planIdentity`
 * @throws KeyError where the file is missing, damaged, readable by others, or for another plan
 */
export async function readKeyFile(path: string, identity: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    const file = await open(path, 'r');
    try {
      const { mode, size } = await file.stat();
      if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
        throw new KeyError(
          `${path} can be read by others than its owner: chmod 600 ${path}, and make a new key if somebody may have`,
        );
      }
      if (size > MAX_BYTES) throw new KeyError(`${path} is no secret key: it has ${size} bytes`);
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  }
  const content = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  const front = MAGIC.length + HASH_BYTES;
  if (bytes.length < front + DIGEST_BYTES || content.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new KeyError(`${path} is no secret key of this software`);
  }
  if (!timingSafeEqual(digestOf(content), bytes.subarray(-DIGEST_BYTES))) {
    throw new KeyError(`${path} is damaged: its checksum is not that of its content`);
  }
  if (content.toString('hex', MAGIC.length, front) !== identity) {
    throw new KeyError(`${path} is for another plan: make a key for this one`);
  }
  return content.subarray(front);
}
