/** A file as it is published, so that it can be downloaded. */
export interface PublishedFile {
  /** Where it is put in the folder of the data set. */
  readonly name: string;
  /** The official address and mirrors, in the order in which they are tried. */
  readonly addresses: readonly string[];
  /** How many bytes it has, if that is known. */
  readonly bytes?: number;
  /** The SHA-256 of its bytes in hexadecimal digits, if that is known. */
  readonly sha256?: string;
  /** How it is unpacked if it is an archive, which is removed afterwards. */
  readonly archive?: PublishedArchive;
}

/** What is in a published archive. */
export interface PublishedArchive {
  readonly format: 'zip' | 'tar.gz';
  /** The most bytes that its files may have together: whoever unpacks more has been given another archive. */
  readonly maxBytes: number;
  /** How many folders at the beginning of each path are left out. @default 0 */
  readonly strip?: number;
  /** An archive in it that holds the files. */
  readonly inner?: {
    readonly name: string;
    readonly sha256?: string;
    readonly archive: PublishedArchive;
  };
}
