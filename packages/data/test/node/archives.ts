import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';

/** A file of an archive; `mode` is that of Unix with its type. */
export interface ArchiveEntry {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
}

const bytesOf = (content: string | Uint8Array) => Buffer.from(content as Uint8Array);

/** A zip archive (PKWARE, APPNOTE.TXT, 4.3): its entries, deflated, then the central directory. */
export function zipOf(entries: readonly ArchiveEntry[]): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644 } of entries) {
    const raw = bytesOf(content);
    const packed = deflateRawSync(raw);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(raw), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(raw.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE((mode << 16) >>> 0, 6);
    more.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, more, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, ...directory, end]));
}

/** A tar.gz archive. */
export async function tarGzOf(entries: readonly (ArchiveEntry | TarEntry)[]): Promise<Uint8Array> {
  const tar = await packTar(
    entries.map((entry) => {
      if ('header' in entry) return entry;
      const body = bytesOf(entry.content);
      return { header: { name: entry.name, size: body.length, type: 'file' }, body };
    }),
  );
  return new Uint8Array(gzipSync(tar));
}
