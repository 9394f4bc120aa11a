import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { capture24, filesInMemory } from '../../../src/index.js';

const encode = (text: string) => new TextEncoder().encode(text);

const HEADER = 'time,x,y,z,annotation';
const SLEEP = '7030 sleeping;MET 0.95';
const COOK = '"home activity;cooking, ""at"" a stove;MET 3.3"';
const START = Date.UTC(2016, 10, 13, 2, 18, 0);

/** The accelerations of a sample that tell when it was. */
const valuesAt = (sample: number) => [-0.5 + (sample % 7) / 8, (sample % 5) / 4, 1 + (sample % 3) / 2] as const;

/** Lines of samples, 10 ms apart, from one of them on. */
function lines(first: number, count: number, annotation: string): string[] {
  return Array.from({ length: count }, (_, i) => {
    const time = new Date(START + 10 * (first + i)).toISOString().replace('T', ' ').replace('Z', '000');
    const values = valuesAt(first + i).map((value) => value.toFixed(6));
    return `${time},${values.join(',')},${annotation}`;
  });
}

const recording = (...parts: readonly (readonly string[])[]) => encode(`${[HEADER, ...parts.flat()].join('\n')}\n`);

const dictionary = encode(
  `annotation,label:Willetts2018,label:Walmsley2020\n${SLEEP},sleep,sleep\n${COOK},mixed,light\n"nothing",,light\n`,
);

/** Two windows of sleep, one without an annotation and one of cooking, most of it. */
const day = recording(
  lines(0, 2000, SLEEP),
  lines(2000, 1000, ''),
  lines(3000, 400, SLEEP),
  lines(3400, 600, COOK),
  lines(4000, 30, COOK),
);

/** The mean of four samples, from one of them on. */
const meanOf = (first: number, axis: number) =>
  [0, 1, 2, 3].reduce((sum, i) => sum + valuesAt(first + i)[axis]!, 0) / 4;

/** Recordings of all participants: empty but for one window, except of the first and the first for testing. */
function archive(first: Uint8Array = day): Map<string, Uint8Array> {
  const other = new Uint8Array(gzipSync(recording(lines(0, 1000, COOK))));
  const files = new Map<string, Uint8Array>([['annotation-label-dictionary.csv', dictionary]]);
  for (let number = 1; number <= 151; number++) files.set(`P${String(number).padStart(3, '0')}.csv.gz`, other);
  return files.set('P001.csv.gz', new Uint8Array(gzipSync(first)));
}

const intact = archive();

/** Reads the first participant alone, and one window for testing. */
const readFirst = (first: Uint8Array, train = 3) => capture24(filesInMemory(archive(first)), { train, test: 1 });

describe('capture24', () => {
  test('gives windows of 25 Hz with what was done most of their time, by participants', async () => {
    const { name, train, test, groups } = await capture24(filesInMemory(intact), { test: 2 });
    expect([name, train.inputShape, train.classes]).toEqual(['capture24', [3, 250], ['mixed', 'sleep']]);
    // Three of the first participant and one of each of 99 others.
    expect([train.length, test.length]).toEqual([102, 2]);
    expect([...train.labels.subarray(0, 4)]).toEqual([1, 1, 0, 0]);
    expect([...groups!.subarray(0, 5), groups![101]]).toEqual([1, 1, 1, 2, 3, 100]);
    const starts = [0, 1000, 3000];
    const expected = starts.flatMap((start) =>
      Array.from({ length: 750 }, (_, i) => Math.fround(meanOf(start + 4 * (i % 250), Math.floor(i / 250)))),
    );
    for (const [i, value] of expected.entries()) expect(train.inputs[i]).toBeCloseTo(value, 6);
  });

  test('reads no more participants than it needs', async () => {
    const few = new Map(
      [...intact].filter(([name]) => ['P001.csv.gz', 'P101.csv.gz', 'annotation-label-dictionary.csv'].includes(name)),
    );
    const { train, test } = await capture24(filesInMemory(few), { train: 2, test: 1 });
    expect([train.length, test.length]).toEqual([2, 1]);
    await expect(capture24(filesInMemory(few), { train: 4, test: 1 })).rejects.toThrow(
      new ArgumentError(
        'capture24: memory has no file P002.csv.gz or P002.csv, nor has its folder capture24: put P001.csv.gz to P151.csv.gz and annotation-label-dictionary.csv of Capture-24, from https://ora.ox.ac.uk/objects/uuid:99d7c092-d865-4a19-b096-cc16440cd001 there',
      ),
    );
  });

  test('takes other labels, and refuses those that there are not', async () => {
    const { train } = await capture24(filesInMemory(intact), { labels: 'Walmsley2020', train: 3, test: 1 });
    expect(train.classes).toEqual(['light', 'sleep']);
    await expect(capture24(filesInMemory(intact), { labels: 'Mine' as never })).rejects.toThrow(ArgumentError);
    await expect(capture24(filesInMemory(intact), { labels: 'Doherty2018' })).rejects.toThrow(
      'annotation-label-dictionary.csv has no columns called annotation and label:Doherty2018',
    );
  });

  test('leaves out windows with too few or too many samples, or with one missing', async () => {
    const missing = lines(1000, 1000, SLEEP).map((line, i) => (i === 500 ? line.replace(/,[^,]*,/, ',,') : line));
    const twice = [...lines(2000, 1000, SLEEP), ...lines(2999, 1, SLEEP)];
    const gap = lines(3000, 999, SLEEP);
    const exponents = lines(4000, 1000, SLEEP).map((line) => line.replace(/,1\.000000,/, ',1e+00,'));
    const bytes = recording(lines(0, 1000, COOK), missing, twice, gap, exponents, lines(5000, 500, SLEEP));
    const { train } = await readFirst(bytes, 2);
    expect([...train.labels]).toEqual([0, 1]);
    expect(train.inputs[750]).toBeCloseTo(meanOf(4000, 0), 6);
  });

  test('reads lines that end with CRLF, and a last one without an end', async () => {
    const text = new TextDecoder().decode(day);
    const expected = await readFirst(day);
    for (const changed of [text.replaceAll('\n', '\r\n'), text.trimEnd()]) {
      expect((await readFirst(encode(changed))).train.inputs).toEqual(expected.train.inputs);
    }
  });

  const [firstLine, secondLine] = lines(0, 2, SLEEP) as [string, string];
  const cases: readonly (readonly [string, string, string])[] = [
    ['another header', 'time,x,y,z\n', "line 1 is not 'time,x,y,z,annotation'"],
    [
      'too few fields',
      `${HEADER}\n2016-11-13 02:18:00.000000,1,2\n`,
      'line 2 has 3 fields where time,x,y,z,annotation',
    ],
    ['no time', `${HEADER}\nnoon,1,2,3,\n`, "line 2 has the time 'noon', which is none like 2016-11-13"],
    ['a 13th month', `${HEADER}\n2016-13-13 02:18:00.000000,1,2,3,\n`, "line 2 has the time '2016-13-13 02:18:00'"],
    ['no fraction', `${HEADER}\n2016-11-13 02:18:00+01:00,1,2,3,\n`, 'line 2 has a time with other than a fraction'],
    ['a word', `${HEADER}\n2016-11-13 02:18:00.000000,1,two,3,\n`, "line 2 has 'two' where an acceleration is needed"],
    ['steps back', `${HEADER}\n${secondLine}\n${firstLine}\n`, 'line 3 goes back in time'],
  ];
  test.each(cases)('refuses %s, naming the line', async (_, text, message) => {
    const error = await readFirst(encode(text)).catch((reason) => reason);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(`capture24: P001.csv.gz: ${message}`);
  });
});
