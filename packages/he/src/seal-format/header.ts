// What every object begins with in the files of Microsoft SEAL 4.1 (native/src/seal/serialization.h): magic number, length of the
// header, version, compression, and the length of the whole.

import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

const MAGIC = 0xa15e;
const MAJOR_VERSION = 4;
const MINOR_VERSION = 1;
const UNCOMPRESSED = 0;

/** The bytes of a header. */
export const HEADER_BYTES = 16;

/**
 * Reads a header, which must announce exactly so many bytes with its own.
 *
 * @param length undefined where it follows from what comes; then the announced length is returned and is to be checked
 * @throws MalformedError where it is no header of SEAL 4.1, or announces another length, or compressed data
 */
export function readHeader(reader: ByteReader, length?: number): number {
  const whole = reader.left;
  reader.check(reader.uint16() === MAGIC, 'it does not begin like an object of Microsoft SEAL');
  reader.check(reader.uint8() === HEADER_BYTES, 'its header has another length than those of SEAL 4.1');
  const major = reader.uint8();
  const minor = reader.uint8();
  reader.check(
    major === MAJOR_VERSION && minor === MINOR_VERSION,
    `version ${major}.${minor} of SEAL: only ${MAJOR_VERSION}.${MINOR_VERSION} is read`,
  );
  reader.check(reader.uint8() === UNCOMPRESSED, 'it is compressed: save it with ComprModeType.none');
  reader.check(reader.uint16() === 0, 'reserved bytes of its header are not 0');
  const announced = reader.count('its length');
  reader.check(
    length === undefined ? announced >= HEADER_BYTES && announced <= whole : announced === length,
    `it announces ${announced} bytes instead of ${length ?? `at most ${whole}`}`,
  );
  return announced;
}

/** Writes the header of an object of so many bytes, with its own. */
export function writeHeader(writer: ByteWriter, length: number): void {
  writer.uint16(MAGIC);
  writer.uint8(HEADER_BYTES);
  writer.uint8(MAJOR_VERSION);
  writer.uint8(MINOR_VERSION);
  writer.uint8(UNCOMPRESSED);
  writer.uint16(0);
  writer.uint64(length);
}
