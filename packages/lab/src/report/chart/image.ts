/**
 * An image as the data URI of a PNG (ISO/IEC 15948), gray or RGB with 8 bits a channel, stored without compression:
 * for a few images of some thousand bytes that beats carrying a compressor.
 *
 * @param pixels row by row, channels side by side, 0 to 255; other values are clamped.
 * @returns `null` if the sizes are no positive whole numbers or do not match the number of values.
 */
export function imageDataUri(
  pixels: readonly number[],
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: 1 | 3 },
): string | null {
  const whole = Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0;
  if (!whole || pixels.length !== height * width * channels) return null;
  const header = [...bigEndian(width), ...bigEndian(height), 8, channels === 1 ? 0 : 2, 0, 0, 0];
  const png = [
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk('IHDR', header),
    ...chunk('IDAT', zlibStored(scanlines(pixels, width * channels))),
    ...chunk('IEND', []),
  ];
  return `data:image/png;base64,${btoa(png.map((byte) => String.fromCharCode(byte)).join(''))}`;
}

/** Rows of bytes, each behind the number of its filter: 0, none. */
function scanlines(pixels: readonly number[], stride: number): Uint8Array {
  const bytes = Uint8ClampedArray.from(pixels);
  const rows = bytes.length / stride;
  const lines = new Uint8Array(rows * (stride + 1));
  for (let row = 0; row < rows; row++) {
    lines.set(bytes.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  }
  return lines;
}

/** A zlib stream (RFC 1950) of stored deflate blocks (RFC 1951, section 3.2.4), each of at most 65,535 bytes. */
function zlibStored(bytes: Uint8Array): number[] {
  const stream = [0x78, 0x01];
  for (let start = 0; start < bytes.length; start += 0xffff) {
    const block = bytes.subarray(start, start + 0xffff);
    const isLast = start + block.length === bytes.length;
    const [low, high] = [block.length & 0xff, block.length >> 8];
    stream.push(isLast ? 1 : 0, low, high, low ^ 0xff, high ^ 0xff);
    for (const byte of block) stream.push(byte);
  }
  return [...stream, ...bigEndian(adler32(bytes))];
}

function chunk(type: string, data: readonly number[]): number[] {
  const body = [...[...type].map((letter) => letter.charCodeAt(0)), ...data];
  return [...bigEndian(data.length), ...body, ...bigEndian(crc32(body))];
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** RFC 1950, section 8.2. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}

/** The CRC of PNG, ISO 3309, bit by bit. */
function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
