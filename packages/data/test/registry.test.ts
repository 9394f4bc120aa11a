import { ArgumentError, ArrayDataset, type Dataset } from '@pnn/nn';
import { afterEach, describe, expect, test } from 'vitest';
import { type DatasetEntry, dataLoaders, datasets, type FileSource, filesInMemory, loadDataset } from '../src/index.js';
import { storedInputs } from './normalized.js';

/** Rows [1] that count up. */
function counting(length: number): ArrayDataset {
  const inputs = Float32Array.from({ length }, (_, i) => i);
  return new ArrayDataset({ inputs, inputShape: [1], labels: new Int32Array(length), classes: 1 });
}

const entry: DatasetEntry = {
  name: 'counting',
  summary: 'rows that count up',
  load: async () => ({ name: 'counting', train: counting(6), test: counting(3) }),
};

const removers: (() => void)[] = [];

function register(own: DatasetEntry): void {
  removers.push(datasets.register(own));
}

afterEach(() => {
  for (const remove of removers.splice(0)) remove();
});

describe('datasets', () => {
  test('has ours', () => {
    expect(datasets.names()).toEqual([
      'digits',
      'mnist',
      'fashion-mnist',
      'cifar10',
      'cifar100',
      'optdigits',
      'fsdd',
      'speech-commands',
      'har',
      'har-features',
      'capture24',
      'csv',
      'npy',
      'images',
    ]);
  });

  test('tells of each the shape of its samples before anything is loaded', async () => {
    const { train } = await loadDataset('digits', { train: 1, test: 1 });
    expect(datasets.get('digits').inputShape).toEqual(train.inputShape);
    expect(datasets.entries().map(({ inputShape }) => inputShape)).toEqual([
      [1, 28, 28],
      [1, 28, 28],
      [1, 28, 28],
      [3, 32, 32],
      [3, 32, 32],
      [1, 8, 8],
      [1, 40, 64],
      [1, 40, 49],
      [9, 128],
      [561],
      [3, 250],
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('takes one of your own by the same call, and lets it go again', async () => {
    const remove = datasets.register(entry);
    expect(datasets.names()).toContain('counting');
    expect((await loadDataset('counting')).name).toBe('counting');
    remove();
    await expect(loadDataset('counting')).rejects.toThrow(ArgumentError);
  });
});

describe('loadDataset', () => {
  test('loads a data set of your own by its name, whole or the first samples', async () => {
    register(entry);
    const whole = await loadDataset('counting');
    expect([whole.train, whole.test]).toEqual([counting(6), counting(3)]);
    const { name, train, test } = await loadDataset('counting', { train: 4, test: 3 });
    expect(name).toBe('counting');
    expect([...storedInputs(train)]).toEqual([0, 1, 2, 3]);
    expect([...storedInputs(test)]).toEqual([0, 1, 2]);
    const loaders = dataLoaders({ name, train, test }, { batchSize: 2 });
    expect([loaders.train.length, loaders.test.length]).toEqual([2, 1]);
  });

  test('tells the data set how many samples are wanted, which may make only these', async () => {
    const wanted: unknown[] = [];
    register({
      ...entry,
      load: async (_, counts) => {
        wanted.push(counts);
        return { name: 'counting', train: counting(counts.train ?? 6), test: counting(counts.test ?? 3) };
      },
    });
    const { train, test } = await loadDataset('counting', { train: 50 });
    expect(wanted).toEqual([{ train: 50, test: undefined }]);
    expect([train.length, test.length]).toEqual([50, 3]);
  });

  test('answers an unknown name with the known ones', async () => {
    register(entry);
    await expect(loadDataset('minst')).rejects.toThrow(
      new ArgumentError(`no data set is called 'minst'; there are ${datasets.names().join(', ')}`),
    );
  });

  test('refuses more samples than there are, and numbers that count none', async () => {
    register(entry);
    await expect(loadDataset('counting', { train: 7 })).rejects.toThrow(
      new ArgumentError('loadDataset: 7 samples of counting/train are wanted, and there are only 6'),
    );
    await expect(loadDataset('counting', { test: 4 })).rejects.toThrow(
      new ArgumentError('loadDataset: 4 samples of counting/test are wanted, and there are only 3'),
    );
    for (const count of [0, -1, 1.5, Number.NaN]) {
      await expect(loadDataset('counting', { train: count })).rejects.toThrow(
        new ArgumentError(`loadDataset: train must be an integer above 0, not ${count}`),
      );
      await expect(loadDataset('counting', { test: count })).rejects.toThrow(
        new ArgumentError(`loadDataset: test must be an integer above 0, not ${count}`),
      );
    }
  });

  test('reads files from the source, and says which ones are needed without one', async () => {
    const rows = (bytes: Uint8Array): Dataset =>
      new ArrayDataset({ inputs: bytes, inputShape: [1], labels: new Int32Array(bytes.length) });
    register({
      ...entry,
      files: 'the file rows.bin, which you write yourself',
      async load(source: FileSource) {
        const bytes = await source.read('rows.bin', 1000);
        if (!bytes) throw new ArgumentError(`counting: ${source.description} has no file rows.bin`);
        return { name: 'counting', train: rows(bytes), test: rows(bytes) };
      },
    });
    const source = filesInMemory(new Map([['rows.bin', Uint8Array.of(1, 2, 3)]]));
    expect([...storedInputs((await loadDataset('counting', { source, train: 2 })).train)]).toEqual([1, 2]);
    await expect(loadDataset('counting')).rejects.toThrow(
      new ArgumentError(
        'loadDataset: the data set counting needs a source of its files: the file rows.bin, which you write yourself',
      ),
    );
    await expect(loadDataset('counting', { source: filesInMemory(new Map()) })).rejects.toThrow(
      'counting: memory has no file rows.bin',
    );
  });

  test('names the official files of ours that are read from files', async () => {
    for (const [name, file] of [
      ['mnist', 'train-images-idx3-ubyte'],
      ['fashion-mnist', 'train-images-idx3-ubyte'],
      ['cifar10', '.bin'],
    ] as const) {
      await expect(loadDataset(name)).rejects.toThrow(file);
    }
  });

  test('gives data sets without files a source without any', async () => {
    register({
      ...entry,
      async load(source) {
        expect(await source.read('any', 1)).toBeUndefined();
        expect([source.description, source.pathOf('any')]).toEqual(['a data set without files', 'any']);
        return entry.load(source, {}, {});
      },
    });
    expect((await loadDataset('counting')).train.length).toBe(6);
  });
});
