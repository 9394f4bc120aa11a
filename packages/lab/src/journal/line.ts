import { createHash } from 'node:crypto';
import { FormatError } from '@pnn/nn';
import { type Decoder, decodeJson, encodeJson } from '@pnn/pnn/codec';

/** Characters of the checksum: 64 bits of SHA-256 in hexadecimal. */
const CHECKSUM_LENGTH = 16;

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_LENGTH);
}

/** An entry as a line of a journal: the checksum of the JSON, a space, the JSON, a line feed. */
export function journalLine(entry: unknown): string {
  const json = encodeJson(entry);
  return `${checksumOf(json)} ${json}\n`;
}

/**
 * The entries of a journal. Its last line may be torn, as by a crash while it was written: then it counts only if its
 * checksum says that nothing but the line feed is missing.
 *
 * @param name of the file, for messages
 * @throws FormatError if any other line is damaged
 */
export function parseJournal<T>(text: string, decode: Decoder<T>, name: string): T[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1;
    const json = line.slice(CHECKSUM_LENGTH + 1);
    const isWhole = line[CHECKSUM_LENGTH] === ' ' && line.slice(0, CHECKSUM_LENGTH) === checksumOf(json);
    if (isWhole) return [decodeJson(json, decode, `${name}: line ${index + 1}`)];
    if (isLast) return [];
    throw new FormatError(
      `${name}: line ${index + 1} is damaged: its checksum does not match. Remove the line, and its trial is trained again`,
    );
  });
}
