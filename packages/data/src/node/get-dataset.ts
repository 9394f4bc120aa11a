import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import { FileError, writeFileAtomically } from '@pnn/nn/node';
import type { DatasetEntry } from '../dataset-entry.js';
import type { PublishedArchive, PublishedFile } from '../published-file.js';
import { checkFile, DownloadError, type DownloadOptions, downloadFile, type Verification } from './download.js';
import { checkUnpacker, type UnpackedFile, unpackArchive } from './unpack.js';

/** How the files of a data set are downloaded. */
export interface GetDatasetOptions
  extends Pick<DownloadOptions, 'signal' | 'onProgress' | 'attempts' | 'retryDelay' | 'stallTimeout'> {
  /** Called before each file. */
  readonly onFile?: (file: PublishedFile) => void;
  /** Called after each file that was unpacked. */
  readonly onUnpacked?: ((file: UnpackedFile) => void) | undefined;
}

/** A file of a data set that is there now. */
export interface GotFile {
  readonly name: string;
  /** Whether it was there before. */
  readonly wasThere: boolean;
  /** What it was compared with; undefined for an archive that was unpacked before. */
  readonly verified: Verification | undefined;
  /** How many files came out of it, if it is an archive. */
  readonly unpacked: number | undefined;
}

/** Where it is noted what came out of an archive, so that it is known to be complete when it is asked for again. */
const contentsOf = (folder: string, { name }: PublishedFile) => join(folder, `.${name}.contents.json`);

/** How many files of an archive are there from before; undefined if one is missing or has other bytes. */
async function unpackedBefore(folder: string, file: PublishedFile): Promise<number | undefined> {
  let listed: unknown;
  try {
    listed = JSON.parse(await readFile(contentsOf(folder, file), 'utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(listed) || listed.length === 0) return undefined;
  for (const entry of listed as readonly Partial<UnpackedFile>[]) {
    if (typeof entry?.name !== 'string') return undefined;
    const size = (await stat(join(folder, entry.name)).catch(() => undefined))?.size;
    if (size === undefined || size !== entry.bytes) return undefined;
  }
  return listed.length;
}

async function unpackAll(
  path: string,
  folder: string,
  { inner, ...archive }: PublishedArchive,
  { signal, onUnpacked }: GetDatasetOptions,
): Promise<UnpackedFile[]> {
  const files = await unpackArchive(path, folder, { ...archive, signal, onFile: inner ? undefined : onUnpacked });
  if (!inner) return files;
  const innerPath = join(folder, inner.name);
  if (!files.some(({ name }) => name === inner.name)) {
    throw new FileError(`${path} does not hold ${inner.name}, in which the data should be`);
  }
  if (inner.sha256 !== undefined) await checkFile(innerPath, inner.sha256);
  const rest = files.filter(({ name }) => name !== inner.name);
  const unpacked = await unpackAll(innerPath, folder, inner.archive, { signal, onUnpacked });
  await rm(innerPath);
  return [...rest, ...unpacked];
}

async function getFile(file: PublishedFile, folder: string, options: GetDatasetOptions): Promise<GotFile> {
  const { name, archive } = file;
  const before = archive && (await unpackedBefore(folder, file));
  if (before !== undefined) return { name, wasThere: true, verified: undefined, unpacked: before };
  options.onFile?.(file);
  const path = join(folder, name);
  const { onFile: _, onUnpacked: __, ...patience } = options;
  const { verified, wasThere } = await downloadFile({ ...patience, ...file, path });
  if (!archive) return { name, wasThere, verified, unpacked: undefined };
  const unpacked = await unpackAll(path, folder, archive, options);
  await writeFileAtomically(contentsOf(folder, file), new TextEncoder().encode(JSON.stringify(unpacked)));
  await rm(path);
  return { name, wasThere: false, verified, unpacked: unpacked.length };
}

/**
 * Downloads the files of a data set to a folder, from where it is loaded, and unpacks archives. What is there already is left
 * alone, and what is there in part is completed.
 *
 * @throws ArgumentError if the data set is not published, or what unpacks its archives is not installed
 * @throws DownloadError if a file cannot be downloaded, or the signal ended it
 * @throws FormatError if an archive is damaged, or is not the published one
 * @throws FileError if the disk is in the way
 */
export async function getDataset(
  { name, published }: DatasetEntry,
  folder: string,
  options: GetDatasetOptions = {},
): Promise<GotFile[]> {
  if (!published) {
    throw new ArgumentError(`the data set ${name} has no files to download: they are your own, or there are none`);
  }
  for (const { archive } of published) {
    for (let each = archive; each; each = each.inner?.archive) await checkUnpacker(each.format);
  }
  const got: GotFile[] = [];
  for (const file of published) {
    try {
      got.push(await getFile(file, folder, options));
    } catch (cause) {
      if (!options.signal?.aborted || cause instanceof DownloadError) throw cause;
      throw new DownloadError(`${join(folder, file.name)}: interrupted; the next call goes on from what is there`, {
        cause,
      });
    }
  }
  return got;
}
