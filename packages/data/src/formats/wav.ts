import { ArgumentError, FormatError } from '@pnn/nn';
import { quoted } from '../quoted.js';

/** Sound as a WAV file holds it. */
export interface WavSound {
  /** Frames in a second, 1 or more. */
  readonly sampleRate: number;
  /** The samples of each channel, all equally many; full scale is −1 to 1. */
  readonly channels: readonly Float32Array[];
}

/** How samples are stored: integers of so many bits, or IEEE floats. */
export type WavEncoding = 'pcm8' | 'pcm16' | 'pcm24' | 'pcm32' | 'float32' | 'float64';

/** Codes of the field wFormatTag. */
const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** What follows the code in the subformat of WAVE_FORMAT_EXTENSIBLE: the rest of KSDATAFORMAT_SUBTYPE_PCM and its kin. */
const SUBFORMAT_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
const FORMAT_BYTES = 16;
const EXTENSIBLE_BYTES = 40;

/** Reads the sample whose bytes begin at a place; full scale is −1 to 1. */
type SampleReader = (view: DataView, at: number) => number;

const readers: Readonly<Record<WavEncoding, SampleReader>> = {
  pcm8: (view, at) => (view.getUint8(at) - 128) / 128,
  pcm16: (view, at) => view.getInt16(at, true) / 2 ** 15,
  pcm24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  pcm32: (view, at) => view.getInt32(at, true) / 2 ** 31,
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
};

/** Rounds to the nearest integer of so many bits; what is louder than full scale is cut off. */
const quantized = (sample: number, bits: number) =>
  Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, Math.round(sample * 2 ** (bits - 1))));

const writers: Readonly<Record<WavEncoding, (view: DataView, at: number, sample: number) => void>> = {
  pcm8: (view, at, sample) => view.setUint8(at, quantized(sample, 8) + 128),
  pcm16: (view, at, sample) => view.setInt16(at, quantized(sample, 16), true),
  pcm24: (view, at, sample) => {
    const value = quantized(sample, 24);
    view.setUint16(at, value & 0xffff, true);
    view.setInt8(at + 2, value >> 16);
  },
  pcm32: (view, at, sample) => view.setInt32(at, quantized(sample, 32), true),
  float32: (view, at, sample) => view.setFloat32(at, sample, true),
  float64: (view, at, sample) => view.setFloat64(at, sample, true),
};

const sampleBytes = (encoding: WavEncoding) => Number.parseInt(encoding.replace(/\D+/, ''), 10) / 8;

function encodingOf(code: number, bits: number): WavEncoding | undefined {
  const name = `${code === PCM ? 'pcm' : code === IEEE_FLOAT ? 'float' : 'other'}${bits}`;
  return name in readers ? (name as WavEncoding) : undefined;
}

interface Chunk {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

interface WavFormat {
  readonly encoding: WavEncoding;
  readonly channels: number;
  readonly sampleRate: number;
}

const textAt = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

const hex = (code: number) => `0x${code.toString(16).padStart(4, '0')}`;

/** The first chunk of this name from a place on; chunks begin at even places (RIFF). */
function findChunk(bytes: Uint8Array, end: number, from: number, id: string, name: string): Chunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + CHUNK_HEADER <= end; ) {
    const found = textAt(bytes, at);
    const start = at + CHUNK_HEADER;
    const size = view.getUint32(at + 4, true);
    if (start + size > end) {
      throw new FormatError(
        `decodeWav: ${name}: the chunk ${quoted(found)} says that it has ${size} bytes, and ${end - start} are left: it is truncated`,
      );
    }
    if (found === id) return { id, start, end: start + size };
    at = start + size + (size % 2);
  }
  throw new FormatError(`decodeWav: ${name}: there is no chunk '${id}': it is truncated, or no sound`);
}

function readFormat(bytes: Uint8Array, { start, end }: Chunk, name: string): WavFormat {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (reason: string) => new FormatError(`decodeWav: ${name}: ${reason}`);
  if (end - start < FORMAT_BYTES) throw fail(`the chunk 'fmt ' has ${end - start} bytes and needs ${FORMAT_BYTES}`);
  const tag = view.getUint16(start, true);
  const channels = view.getUint16(start + 2, true);
  const sampleRate = view.getUint32(start + 4, true);
  const frameBytes = view.getUint16(start + 12, true);
  const bits = view.getUint16(start + 14, true);
  let code = tag;
  if (tag === EXTENSIBLE) {
    if (end - start < EXTENSIBLE_BYTES) {
      throw fail(`the extensible chunk 'fmt ' has ${end - start} bytes and needs ${EXTENSIBLE_BYTES}`);
    }
    code = view.getUint16(start + 24, true);
    if (!SUBFORMAT_TAIL.every((byte, i) => bytes[start + 26 + i] === byte)) {
      throw fail('its subformat is not one of those that are numbered');
    }
  }
  const encoding = encodingOf(code, bits);
  if (!encoding) {
    throw fail(
      `its encoding is ${hex(code)} with ${bits} bits, and what is read is PCM (0x0001) with 8, 16, 24 or 32 bits and float (0x0003) with 32 or 64: convert it`,
    );
  }
  if (channels === 0) throw fail('it has no channel');
  if (sampleRate === 0) throw fail('its sample rate is 0');
  if (frameBytes !== channels * sampleBytes(encoding)) {
    throw fail(`a frame takes ${frameBytes} bytes, but ${channels} channels of ${bits} bits do not`);
  }
  return { encoding, channels, sampleRate };
}

/**
 * Decodes a WAV file (RIFF WAVE): PCM with 8, 16, 24 or 32 bits, or IEEE float with 32 or 64, any number of channels and
 * any rate, also by WAVE_FORMAT_EXTENSIBLE, where samples of fewer bits stand in the upper ones. Other chunks are left out.
 *
 * @param name what errors call the file
 * @throws FormatError if it is truncated, no WAV file, compressed, without any sample, or one of them is not finite
 */
export function decodeWav(bytes: Uint8Array, name: string): WavSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < RIFF_HEADER || textAt(bytes, 0) !== 'RIFF' || textAt(bytes, 8) !== 'WAVE') {
    throw new FormatError(`decodeWav: ${name}: a WAV file begins with 'RIFF', its size and 'WAVE', this one does not`);
  }
  const end = CHUNK_HEADER + view.getUint32(4, true);
  if (end > bytes.length) {
    throw new FormatError(
      `decodeWav: ${name}: it says that it has ${end} bytes, and there are ${bytes.length}: it is truncated`,
    );
  }
  const format = findChunk(bytes, end, RIFF_HEADER, 'fmt ', name);
  const { encoding, channels: count, sampleRate } = readFormat(bytes, format, name);
  const data = findChunk(bytes, end, format.end + (format.end % 2), 'data', name);
  const width = sampleBytes(encoding);
  const frames = (data.end - data.start) / (count * width);
  if (frames === 0) throw new FormatError(`decodeWav: ${name}: it has no samples`);
  if (!Number.isInteger(frames)) {
    throw new FormatError(
      `decodeWav: ${name}: ${data.end - data.start} bytes of samples are no whole number of frames of ${count * width}`,
    );
  }
  const read = readers[encoding];
  const channels = Array.from({ length: count }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let i = 0; i < frames; i++) samples[i] = read(view, data.start + (i * count + channel) * width);
    return samples;
  });
  if (encoding === 'float32' || encoding === 'float64') {
    for (const samples of channels) {
      const at = samples.findIndex((sample) => !Number.isFinite(sample));
      if (at >= 0) throw new FormatError(`decodeWav: ${name}: the sample ${at} is ${samples[at]}`);
    }
  }
  return { sampleRate, channels };
}

/**
 * Encodes sound as a WAV file. Integers are rounded to the nearest; what is louder than full scale is cut off there.
 *
 * @throws ArgumentError if there is no channel, they are not equally long, or the rate is no positive integer
 */
export function encodeWav({ sampleRate, channels }: WavSound, encoding: WavEncoding = 'pcm16'): Uint8Array {
  const count = channels.length;
  const frames = channels[0]?.length ?? 0;
  if (count === 0 || count >= 2 ** 16 || channels.some(({ length }) => length !== frames)) {
    throw new ArgumentError(`encodeWav: there must be 1 to 65535 channels of one length, not ${count}`);
  }
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate >= 2 ** 32) {
    throw new ArgumentError(`encodeWav: sampleRate must be a positive integer, not ${sampleRate}`);
  }
  const width = sampleBytes(encoding);
  const dataBytes = frames * count * width;
  const start = RIFF_HEADER + CHUNK_HEADER + FORMAT_BYTES + CHUNK_HEADER;
  const bytes = new Uint8Array(start + dataBytes + (dataBytes % 2));
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string) =>
    bytes.set(
      Array.from(text, (character) => character.charCodeAt(0)),
      at,
    );
  put(0, 'RIFF');
  view.setUint32(4, bytes.length - CHUNK_HEADER, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, FORMAT_BYTES, true);
  view.setUint16(20, encoding.startsWith('pcm') ? PCM : IEEE_FLOAT, true);
  view.setUint16(22, count, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * count * width, true);
  view.setUint16(32, count * width, true);
  view.setUint16(34, 8 * width, true);
  put(36, 'data');
  view.setUint32(40, dataBytes, true);
  const write = writers[encoding];
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0; i < frames; i++) write(view, start + (i * count + channel) * width, samples[i]!);
  }
  return bytes;
}

/** The mean of all channels: sound in mono. The channel itself if there is only one. */
export function mixToMono({ channels }: WavSound): Float32Array {
  const [first = new Float32Array(0)] = channels;
  if (channels.length === 1) return first;
  return Float32Array.from(first, (_, i) => {
    let sum = 0;
    for (const samples of channels) sum += samples[i]!;
    return sum / channels.length;
  });
}
