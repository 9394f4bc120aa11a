import { ArgumentError, FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { encodeWav, type FileSource, filesInMemory, LogMel, speechCommands } from '../../src/index.js';

const SIZE = 40 * 49;
const words = ['yes', 'no', 'up', 'down', 'left', 'right', 'on', 'off', 'stop', 'go', 'bed', 'bird', 'cat'];

const encode = (text: string) => new TextEncoder().encode(text);

/** A short tone: its pitch tells the word, its length the take. */
const tone = (word: number, take: number) =>
  Float32Array.from(
    { length: 600 + 40 * take },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * (word + 1) * 300 * i) / 16_000),
  );

const stored = (samples: Float32Array) => samples.map((x) => Math.round(x * 2 ** 15) / 2 ** 15);

const fileOf = (word: string, take: number) => `${word}/${take}_nohash_0.wav`;

/** Six takes of every word: the fifth is for validation, the last for testing. */
function archive(prefix = ''): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [w, word] of words.entries()) {
    for (let take = 0; take < 6; take++) {
      files.set(prefix + fileOf(word, take), encodeWav({ sampleRate: 16_000, channels: [tone(w, take)] }));
    }
  }
  const list = (take: number) => encode(words.map((word) => `${fileOf(word, take)}\n`).join(''));
  files.set(`${prefix}validation_list.txt`, list(4));
  files.set(`${prefix}testing_list.txt`, list(5));
  files.set(`${prefix}README.md`, encode('read me'));
  const noise = Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i * i * 0.001) * (i < 160_000 ? 0.1 : 0.8));
  files.set(`${prefix}_background_noise_/hum.wav`, encodeWav({ sampleRate: 16_000, channels: [noise] }));
  return files;
}

const intact = archive();

const logMel = new LogMel({ sampleRate: 16_000, windowLength: 480, hopLength: 320, mels: 40, floor: 1e-6 });

function spectrogram(samples: Float32Array): number[] {
  const padded = new Float32Array(16_000);
  padded.set(samples, Math.floor((16_000 - samples.length) / 2));
  return [...logMel.compute(padded)];
}

describe('speechCommands', () => {
  test('splits by the lists, and has a class for every word', async () => {
    const { name, train, validation, test } = await speechCommands(filesInMemory(intact));
    expect([name, train.inputShape]).toEqual(['speech-commands', [1, 40, 49]]);
    expect([train.length, validation?.length, test.length]).toEqual([13 * 4, 13, 13]);
    expect(train.classes).toEqual([...words].sort());
    for (const [split, takes] of [
      [train, [0, 1, 2, 3]],
      [validation!, [4]],
      [test, [5]],
    ] as const) {
      const found = Array.from({ length: split.length }, (_, i) =>
        [...split.inputs.subarray(i * SIZE, (i + 1) * SIZE)].join(),
      );
      for (const [w, word] of words.entries()) {
        for (const take of takes) {
          const place = found.indexOf(spectrogram(stored(tone(w, take))).join());
          expect(split.classes![split.labels[place]!]).toBe(word);
        }
      }
    }
  });

  test('gives the same order every time, in which the first ones are the first ones of all', async () => {
    const whole = await speechCommands(filesInMemory(intact));
    const some = await speechCommands(filesInMemory(intact), { train: 9, test: 4 });
    expect([some.train.length, some.test.length]).toEqual([9, 4]);
    expect([...some.train.labels]).toEqual([...whole.train.labels.subarray(0, 9)]);
    expect([...some.train.inputs]).toEqual([...whole.train.inputs.subarray(0, 9 * SIZE)]);
    expect(new Set(some.train.labels).size).toBeGreaterThan(3);
  });

  test('has twelve classes of the ten commands, unknown words and silence', async () => {
    const splits = await speechCommands(filesInMemory(intact), { words: 'commands' });
    const { name, train, validation, test } = splits;
    expect(name).toBe('speech-commands, ten commands');
    expect(train.classes).toEqual([...words.slice(0, 10), 'unknown', 'silence']);
    const counts = (labels: ArrayLike<number>) =>
      Array.from({ length: 12 }, (_, label) => Array.from(labels).filter((each) => each === label).length);
    // A tenth of 40 commands each, of 10, rounded up.
    expect(counts(train.labels)).toEqual([...new Array(10).fill(4), 4, 4]);
    expect(counts(validation!.labels)).toEqual(new Array(12).fill(1));
    expect(counts(test.labels)).toEqual(new Array(12).fill(1));
    // The end of the noise is louder, and training does not hear it.
    const loudest = Array.from(train.labels, (label, i) =>
      label === 11 ? Math.max(...train.inputs.subarray(i * SIZE, (i + 1) * SIZE)) : -Infinity,
    );
    const quiet = Math.max(
      ...logMel.compute(Float32Array.from({ length: 16_000 }, (_, i) => 0.1 * Math.sin(i * i * 0.001))),
    );
    expect(Math.max(...loudest)).toBeLessThan(quiet + 1);
    expect((await speechCommands(filesInMemory(intact), { words: 'commands' })).train.inputs).toEqual(train.inputs);
  });

  test('finds the archive in a folder', async () => {
    const inside = await speechCommands(filesInMemory(archive('speech_commands_v0.02/')), { train: 3, test: 3 });
    expect(inside.train.length).toBe(3);
  });

  test('says what is missing', async () => {
    const without = (name: string) => {
      const files = new Map(intact);
      files.delete(name);
      return filesInMemory(files);
    };
    const blind: FileSource = { ...filesInMemory(intact), list: undefined as never };
    for (const [source, options, message] of [
      [filesInMemory(new Map()), {}, 'memory has no file testing_list.txt: put the folders of the words'],
      [without('validation_list.txt'), {}, 'memory has no file validation_list.txt: put'],
      [without('_background_noise_/hum.wav'), { words: 'commands' }, 'memory has no recordings in _background_noise_'],
      [filesInMemory(intact), { words: 'some' }, 'the words must be all or commands, not some'],
      [blind, {}, 'memory cannot tell which files it has'],
    ] as const) {
      const error = await speechCommands(source, options as object).catch((reason) => reason);
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error.message).toContain(message);
    }
  });

  test('refuses lists that name no recordings, or one twice', async () => {
    const withList = (text: string) =>
      speechCommands(filesInMemory(new Map(intact).set('testing_list.txt', encode(text))));
    await expect(withList('bed/9_nohash_0.wav\n')).rejects.toThrow(
      new FormatError(
        "speech-commands: testing_list.txt names 'bed/9_nohash_0.wav' in line 1, and there is no such recording: unpack the archive again",
      ),
    );
    await expect(withList('\n')).rejects.toThrow('testing_list.txt names no recording');
    await expect(withList('bed/4_nohash_0.wav\n')).rejects.toThrow(
      'bed/4_nohash_0.wav is for validation and for testing',
    );
  });
});
