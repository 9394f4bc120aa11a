import { ArgumentError, FormatError } from '@pnn/nn';

/** How a CSV file is read. */
export interface CsvOptions {
  /** Stands between fields; one character. @default ',' */
  readonly separator?: string;
}

/** A record of a CSV file. */
export interface CsvRecord {
  /** The line that it begins in, counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const QUOTE = '"';

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${name} is not text in UTF-8: save it as CSV in UTF-8`, { cause });
  }
}

/** The field in quotes that begins at `start`, where a quote is written twice, and the position behind it. */
function quotedField(text: string, start: number, fail: (problem: string) => never): [field: string, end: number] {
  let field = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf(QUOTE, from);
    if (quote < 0) return fail('opens a quote that is never closed');
    field += text.slice(from, quote);
    if (text[quote + 1] !== QUOTE) return [field, quote + 1];
    field += QUOTE;
    from = quote + 2;
  }
}

/**
 * The records of a CSV file, one after the other (RFC 4180): lines end with LF or CRLF, fields may stand in quotes, a quote in
 * such a field is written twice. Empty lines are left out. That all records have as many fields is up to the caller.
 *
 * @param name what errors call the file
 * @throws ArgumentError if the separator is not one character
 * @throws FormatError if the bytes are no UTF-8, a quote is not closed, or one stands inside of a field
 */
export function* csvRecords(
  bytes: Uint8Array,
  name: string,
  { separator = ',' }: CsvOptions = {},
): Generator<CsvRecord> {
  if (separator.length !== 1 || separator === QUOTE || separator === '\n' || separator === '\r') {
    throw new ArgumentError(`csvRecords: the separator must be one character, not '${separator}'`);
  }
  const text = decodeText(bytes, name);
  let line = 1;
  let fields: string[] = [];
  let begin = line;
  const fail = (problem: string): never => {
    throw new FormatError(`${name}: line ${line}: field ${fields.length + 1} ${problem}`);
  };
  let lineEnd = -1;
  let position = 0;
  while (position < text.length) {
    if (position > lineEnd) {
      const found = text.indexOf('\n', position);
      lineEnd = found < 0 ? text.length : found;
    }
    let end: number;
    let field: string;
    if (text[position] === QUOTE) {
      [field, end] = quotedField(text, position, fail);
      for (let i = text.indexOf('\n', position); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) line++;
    } else {
      const found = text.indexOf(separator, position);
      end = found < 0 || found > lineEnd ? lineEnd : found;
      if (end === lineEnd && end > position && text[end - 1] === '\r') end--;
      field = text.slice(position, end);
      if (field.includes(QUOTE)) fail('has a quote inside: a field with quotes stands in quotes, and has them twice');
    }
    fields.push(field);
    if (text[end] === separator) {
      position = end + 1;
      // A line may end behind a separator: an empty field.
      if (position < text.length) continue;
      fields.push('');
    } else {
      const next = text[end] === '\r' ? end + 1 : end;
      if (next < text.length && text[next] !== '\n') fail('goes on behind its quotes');
      position = next + 1;
    }
    if (fields.length > 1 || fields[0] !== '') yield { line: begin, fields };
    fields = [];
    line++;
    begin = line;
  }
}
