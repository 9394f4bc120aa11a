import { ArgumentError, FormatError } from '@pnn/nn';
import type { DecodedImage } from '../file-source.js';

/** The most pixels of an image, as a guard against headers that promise what nobody has. */
const MAX_PIXELS = 2 ** 26;

/** What jpeg-js may take for one image: its own guard. */
const MAX_JPEG_MEGABYTES = 1024;

const startsWith = (bytes: Uint8Array, start: readonly number[]) => start.every((byte, i) => bytes[i] === byte);

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];
/** Signature, length and name of the header, width, height, five bytes; then a checksum. */
const PNG_HEADER_BYTES = 33;

/** For what cannot be loaded: says how to get it. */
function missing(name: string, format: string): (cause: unknown) => never {
  return (cause) => {
    throw new ArgumentError(`reading ${format} files takes the package ${name}: npm install ${name}`, { cause });
  };
}

/** Calls a decoder whose errors are of no type of ours. */
function decodedBy<T>(decode: () => T, name: string, format: string): T {
  try {
    return decode();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`${name} is a damaged ${format} file (${reason.split('\n')[0]})`, { cause });
  }
}

function checkSize(width: number, height: number, name: string): void {
  if (width > 0 && height > 0 && width * height <= MAX_PIXELS) return;
  throw new FormatError(`${name} is an image of ${width}x${height} pixels, and 1 to ${MAX_PIXELS} are readable`);
}

async function decodePng(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const { PNG } = await import('pngjs').catch(missing('pngjs', 'PNG'));
  if (bytes.length < PNG_HEADER_BYTES) throw new FormatError(`${name} is a PNG file that ends within its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height, isInterlaced] = [view.getUint32(16), view.getUint32(20), view.getUint8(28) !== 0];
  checkSize(width, height, name);
  // Nothing but the length of what is compressed bounds the memory that pngjs takes for an interlaced image.
  if (isInterlaced && bytes.length > 16 * width * height + 2 ** 16) {
    throw new FormatError(`${name} is an interlaced PNG file of more bytes than its pixels have: store it anew`);
  }
  return decodedBy(
    () => {
      const image = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return { width: image.width, height: image.height, hasColor: image.color, rgba: image.data };
    },
    name,
    'PNG',
  );
}

async function decodeJpeg(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const { decode } = (await import('jpeg-js').catch(missing('jpeg-js', 'JPEG'))).default;
  const image = decodedBy(
    () =>
      decode(bytes, {
        useTArray: true,
        tolerantDecoding: false,
        maxResolutionInMP: MAX_PIXELS / 1e6,
        maxMemoryUsageInMB: MAX_JPEG_MEGABYTES,
      }),
    name,
    'JPEG',
  );
  checkSize(image.width, image.height, name);
  const rgba = image.data;
  let hasColor = false;
  for (let i = 0; i < rgba.length && !hasColor; i += 4) {
    hasColor = rgba[i] !== rgba[i + 1] || rgba[i] !== rgba[i + 2];
  }
  return { width: image.width, height: image.height, hasColor, rgba };
}

/**
 * Decodes a PNG file (by pngjs) or a JPEG file (by jpeg-js); which of them it is is told by its first bytes. Both packages
 * are optional peers. Sixteen bits become eight, colors of a palette or of CMYK become red, green and blue, transparency is
 * left out.
 *
 * @param name what errors call the file
 * @throws ArgumentError if the package is not installed
 * @throws FormatError if it is neither, is damaged, or has more than 2^26 pixels
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  if (startsWith(bytes, PNG_SIGNATURE)) return decodePng(bytes, name);
  if (startsWith(bytes, JPEG_SIGNATURE)) return decodeJpeg(bytes, name);
  throw new FormatError(`${name} is neither a PNG nor a JPEG file`);
}
