import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import { anything, type Decoder, number, object } from '@pnn/pnn/codec';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter, readJournal } from '../../src/journal/journal.js';
import { journalLine, parseJournal } from '../../src/journal/line.js';

const entries = fc.array(fc.record({ a: fc.string(), b: fc.integer() }), { maxLength: 6 });
const textOf = (list: readonly unknown[]) => list.map(journalLine).join('');

describe('a journal', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(parseJournal(textOf(list), anything, 'journal')).toEqual(list);
      }),
    );
  });

  it('that was torn anywhere gives the entries before, and the torn one only if it is whole', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, at) => {
        const text = textOf(list);
        const torn = text.slice(0, at % (text.length + 1));
        const read = parseJournal(torn, anything, 'journal');
        const complete = torn.split('\n').length - 1;
        expect(read.length - complete).toBeGreaterThanOrEqual(0);
        expect(read.length - complete).toBeLessThanOrEqual(1);
        expect(read).toEqual(list.slice(0, read.length));
      }),
    );
  });

  it('whose bytes were changed anywhere gives right entries or one sentence with the line', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 127 }), (list, at, change) => {
        const bytes = Buffer.from(textOf(list));
        if (bytes.length === 0) return;
        const place = at % bytes.length;
        bytes[place] = bytes[place]! ^ change;
        try {
          const read = parseJournal(bytes.toString(), anything, 'journal');
          // Only the last line may be lost: the change has made it one that is torn.
          expect(read).toEqual(list.slice(0, read.length));
          expect(read.length).toBeGreaterThanOrEqual(list.length - 1);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          expect((error as Error).message).toMatch(/^journal: line \d+ is damaged: [^\n]*$/);
        }
      }),
    );
  });

  it('has a line that is whole but not what is expected named', () => {
    const decode: Decoder<{ n: number }> = object<{ n: number }>({ n: number });
    expect(() => parseJournal(textOf([{ n: 1 }, { n: 'x' }]), decode, 'j')).toThrow('j: line 2.n must be a number');
  });
});

describe('a journal in a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pnn-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has a file for each writer, made by its first entry, and is read as a whole', async () => {
    const writers = [new JournalWriter(folder), new JournalWriter(folder), new JournalWriter(folder)];
    await Promise.all([0, 1, 2, 3].flatMap((n) => writers.slice(0, 2).map((writer, w) => writer.append({ w, n }))));
    await Promise.all(writers.map((writer) => writer.close()));
    expect(readdirSync(folder).length).toBe(2);
    writeFileSync(join(folder, 'notes.txt'), 'of somebody');
    const read = await readJournal(folder, object<{ w: number; n: number }>({ w: number, n: number }));
    for (const w of [0, 1]) expect(read.filter((each) => each.w === w).map(({ n }) => n)).toEqual([0, 1, 2, 3]);
  });

  it('that cannot be read or written is a FileError', async () => {
    const missing = join(folder, 'missing');
    await expect(readJournal(missing, anything)).rejects.toThrow(FileError);
    const writer = new JournalWriter(missing);
    await expect(writer.append({})).rejects.toThrow(/the journal cannot be written/);
    await writer.close();
  });
});
