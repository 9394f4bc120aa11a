import { join } from 'node:path';
import { ArgumentError, type ArrayDataset, FormatError } from '@pnn/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { datasets, encodeWav, filesInMemory, fsdd, LogMel, resample } from '../../src/index.js';
import { folder } from '../../src/node/index.js';

const speakers = ['george', 'jackson', 'lucas', 'nicolas', 'theo', 'yweweler'];
const SIZE = 40 * 64;

/** A short tone whose pitch tells the digit, and whose length tells speaker and take. */
function tone(digit: number, speaker: number, take: number, rate = 8000): Float32Array {
  const length = 40 + 50 * speaker + take;
  return Float32Array.from(
    { length: (length * rate) / 8000 },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * (digit + 1) * 200 * i) / rate),
  );
}

const nameOf = (digit: number, speaker: number, take: number) => `${digit}_${speakers[speaker]}_${take}.wav`;

const files = new Map<string, Uint8Array>();

beforeAll(() => {
  for (let digit = 0; digit < 10; digit++) {
    for (let speaker = 0; speaker < 6; speaker++) {
      for (let take = 0; take < 50; take++) {
        const channels = [tone(digit, speaker, take)];
        files.set(nameOf(digit, speaker, take), encodeWav({ sampleRate: 8000, channels }));
      }
    }
  }
});

const logMel = new LogMel({ sampleRate: 8000, windowLength: 256, hopLength: 128, mels: 40, floor: 1e-6 });

/** As loud as all others: the mean square is 0.01. */
function leveled(samples: Float32Array): Float32Array {
  const power = samples.reduce((sum, x) => sum + x ** 2, 0) / samples.length;
  return samples.map((x) => (0.1 / Math.sqrt(power)) * x);
}

/** The spectrogram of a recording in the middle of silence. */
function spectrogram(samples: Float32Array): Float32Array {
  const padded = new Float32Array(8320);
  padded.set(leveled(samples), Math.floor((8320 - samples.length) / 2));
  return logMel.compute(padded);
}

const stored = (samples: Float32Array) => samples.map((x) => Math.round(x * 2 ** 15) / 2 ** 15);

const rowOf = ({ inputs }: ArrayDataset, sample: number) => inputs.subarray(sample * SIZE, (sample + 1) * SIZE);

describe('fsdd', () => {
  test('tests with the first five takes of everybody, in an order that begins with all digits and speakers', async () => {
    const { name, train, test, groups } = await fsdd(filesInMemory(files), { train: 300 });
    expect(groups).toBeUndefined();
    expect([name, train.inputShape, train.length, test.length]).toEqual(['fsdd', [1, 40, 64], 300, 300]);
    expect(train.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    for (const [split, firstTake] of [
      [test, 0],
      [train, 5],
    ] as const) {
      for (const sample of [0, 1, 10, 59, 60, 299]) {
        const [digit, speaker] = [sample % 10, Math.floor(sample / 10) % 6];
        const take = firstTake + Math.floor(sample / 60);
        expect(split.labels[sample]).toBe(digit);
        const expected = spectrogram(stored(tone(digit, speaker, take)));
        expect(Buffer.compare(Buffer.from(rowOf(split, sample).slice().buffer), Buffer.from(expected.buffer))).toBe(0);
      }
    }
  });

  test('tests with two speakers who are not in the training data', async () => {
    const { name, train, test, groups } = await fsdd(filesInMemory(files), { split: 'speaker', train: 200, test: 40 });
    expect([train.length, test.length, groups!.length]).toEqual([200, 40, 200]);
    expect(name).toBe('fsdd, by speaker');
    expect([...groups!.subarray(0, 50)]).toEqual(Array.from({ length: 50 }, (_, i) => Math.floor(i / 10) % 4));
    expect([...rowOf(test, 11)]).toEqual([...spectrogram(stored(tone(1, 5, 0)))]);
    await expect(fsdd(filesInMemory(files), { split: 'digit' as never })).rejects.toThrow(
      new ArgumentError('fsdd: the split must be official or speaker, not digit'),
    );
  });

  test('reads stereo at other rates, cuts what is too long, and finds the folder', async () => {
    const changed = new Map(Array.from(files, ([name, bytes]) => [`recordings/${name}`, bytes]));
    const high = tone(0, 0, 0, 16000);
    const name = `recordings/${nameOf(0, 0, 0)}`;
    changed.set(
      name,
      encodeWav({ sampleRate: 16000, channels: [high.map((x) => 2 * x), new Float32Array(high.length)] }, 'float32'),
    );
    const long = Float32Array.from({ length: 9000 }, (_, i) => (i % 7) / 7);
    changed.set(`recordings/${nameOf(1, 0, 0)}`, encodeWav({ sampleRate: 8000, channels: [long] }, 'float32'));
    const { test } = await fsdd(filesInMemory(changed), { train: 1, test: 2 });
    const expected = spectrogram(resample(high, 16000, 8000));
    expect(rowOf(test, 0).every((value, i) => Math.abs(value - expected[i]!) < 1e-4)).toBe(true);
    expect([...rowOf(test, 1)]).toEqual([...logMel.compute(leveled(long).slice(340, 340 + 8320))]);
  });

  test('makes the same of a file of the user', () => {
    const read = datasets.get('fsdd').fileReaders!['.wav']!;
    const bytes = files.get(nameOf(3, 1, 7))!;
    expect([...read(bytes, 'mine.wav')]).toEqual([...spectrogram(stored(tone(3, 1, 7)))]);
    expect(() => read(bytes.slice(0, 20), 'mine.wav')).toThrow(FormatError);
  });

  test('says which recording is missing or damaged', async () => {
    const without = new Map(files);
    without.delete(nameOf(3, 2, 1));
    await expect(fsdd(filesInMemory(without), { train: 1 })).rejects.toThrow(
      'fsdd: memory has no file 3_lucas_1.wav, nor has its folder recordings: put the folder recordings of the Free Spoken Digit',
    );
    const strange = (sampleRate: number) =>
      filesInMemory(new Map(files).set('0_george_0.wav', encodeWav({ sampleRate, channels: [new Float32Array(9)] })));
    for (const rate of [1, 2 ** 31]) {
      await expect(fsdd(strange(rate), { train: 1 })).rejects.toThrow(
        new FormatError(`fsdd: 0_george_0.wav has a sample rate of ${rate}, and speech one from 4000 to 384000`),
      );
    }
  });
});

describe.skipIf(!process.env.PNN_DATA)('the published recordings in PNN_DATA', () => {
  test('are finite spectrograms, 2,700 and 300', async () => {
    const source = folder(join(process.env.PNN_DATA!, 'fsdd'));
    const { train, test } = await fsdd(source);
    expect([train.length, test.length]).toEqual([2700, 300]);
    const bySpeaker = await fsdd(source, { split: 'speaker' });
    expect([bySpeaker.train.length, bySpeaker.test.length]).toEqual([2000, 1000]);
    expect(train.inputs.every((value) => value >= Math.fround(Math.log(1e-6)) && value < 10)).toBe(true);
  });
});
