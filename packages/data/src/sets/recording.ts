import { FormatError } from '@pnn/nn';
import { resample } from '../features/resample.js';
import { type DataFileRequest, readDataFile } from '../file-source.js';
import { decodeWav, mixToMono } from '../formats/wav.js';

/** Rates at which speech is recorded. Beyond them a file is damaged, and would become an endless recording. */
const MIN_RATE = 4000;
const MAX_RATE = 384_000;

/**
 * A recording of speech from the bytes of a WAV file, in mono and at this rate.
 *
 * @throws FormatError if it is no WAV file, damaged, or of a rate that no speech is recorded at
 */
export function decodeRecording(dataset: string, path: string, bytes: Uint8Array, sampleRate: number): Float32Array {
  const sound = decodeWav(bytes, path);
  if (sound.sampleRate < MIN_RATE || sound.sampleRate > MAX_RATE) {
    throw new FormatError(
      `${dataset}: ${path} has a sample rate of ${sound.sampleRate}, and speech one from ${MIN_RATE} to ${MAX_RATE}`,
    );
  }
  return resample(mixToMono(sound), sound.sampleRate, sampleRate);
}

/**
 * The same of a file of a data set.
 *
 * @throws ArgumentError if the file is not there or cannot be read
 * @throws FormatError as {@link decodeRecording}
 */
export async function readRecording(request: DataFileRequest, sampleRate: number): Promise<Float32Array> {
  const { path, bytes } = await readDataFile(request);
  return decodeRecording(request.dataset, path, bytes, sampleRate);
}

/**
 * Puts a recording into the middle of an array: silence around it if it is shorter, its middle alone if it is longer.
 *
 * @returns `out`
 */
export function center(samples: Float32Array, out: Float32Array): Float32Array {
  const before = Math.floor((out.length - samples.length) / 2);
  if (before < 0) {
    out.set(samples.subarray(-before, -before + out.length));
    return out;
  }
  out.fill(0);
  out.set(samples, before);
  return out;
}

/** The root of the mean square that recordings are brought to, a quiet voice of full scale 1. */
const LEVEL = 0.1;

/** The recording as loud as all others, so that the distance to the microphone does not matter; silence stays silent. */
export function leveled(samples: Float32Array): Float32Array {
  let power = 0;
  for (let i = 0; i < samples.length; i++) power += samples[i]! ** 2;
  if (power === 0) return samples;
  const gain = LEVEL / Math.sqrt(power / samples.length);
  return samples.map((sample) => gain * sample);
}
