import { FormatError } from '../errors.js';

const MAX_EXCERPT = 60;
const WHITE_SPACE = ' \t\n\r';

/** Text for the message of an error: cut to 60 characters, since what a broken file holds may be of any length. */
export function excerpt(text: string): string {
  return text.length <= MAX_EXCERPT ? text : `${text.slice(0, MAX_EXCERPT)}…`;
}

/** Like `excerpt`, in double quotes and with control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(excerpt(text));
}

/**
 * A cursor over the text header of a file, from which a reader takes token by token exactly what its format allows.
 * White space between tokens is skipped, nothing recurses, and time is linear in the length of the header. Every
 * method that finds something else throws a FormatError that names the file and the place.
 */
export class HeaderScanner {
  readonly #text: string;
  #source: string;
  #position = 0;

  /** @param source the name of the file */
  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  /** Adds `part` (say, a tensor's name) to the messages of the errors inside `read`. */
  within<Result>(part: string, read: () => Result): Result {
    const source = this.#source;
    this.#source = `${source}: ${part}`;
    const result = read();
    this.#source = source;
    return result;
  }

  /** Throws a FormatError about the present place. */
  fail(fault: string): never {
    throw new FormatError(`${this.#source}: ${fault} (character ${this.#position} of the header)`);
  }

  /** Steps over `token` if it comes next. */
  accept(token: string): boolean {
    this.#skipWhiteSpace();
    if (!this.#text.startsWith(token, this.#position)) return false;
    this.#position += token.length;
    return true;
  }

  /** Steps over `token`, which must come next. */
  expect(token: string): void {
    if (!this.accept(token)) this.unexpected(token);
  }

  /** Throws the FormatError that says what was expected and what stands there. */
  unexpected(expected: string): never {
    this.#skipWhiteSpace();
    const codePoint = this.#text.codePointAt(this.#position);
    const found = codePoint === undefined ? 'the header ends' : `found ${quote(String.fromCodePoint(codePoint))}`;
    this.fail(`expected ${expected} but ${found}`);
  }

  /** A string literal with its quotes, which are one of the characters in `quotes`; escapes are left as they are. */
  string(quotes: string, expected: string): string {
    const delimiter = [...quotes].find((candidate) => this.accept(candidate));
    if (delimiter === undefined) return this.unexpected(expected);
    const start = this.#position - 1;
    while (this.#text[this.#position] !== delimiter) {
      if (this.#position >= this.#text.length) this.fail(`${expected} has no closing ${delimiter}`);
      this.#position += this.#text[this.#position] === '\\' ? 2 : 1;
    }
    this.#position++;
    return this.#text.slice(start, this.#position);
  }

  /** A decimal integer from 0 to 2^53 - 1. */
  integer(expected: string): number {
    this.#skipWhiteSpace();
    const start = this.#position;
    if (this.#text[start] === '-') this.fail(`${expected} is negative`);
    while (this.#isDigit(this.#position)) this.#position++;
    const digits = this.#text.slice(start, this.#position);
    if (digits === '') this.unexpected(expected);
    if (digits.length > 1 && digits.startsWith('0')) this.fail(`${expected} has a leading zero`);
    const value = digits.length > 16 ? Infinity : Number(digits);
    if (!Number.isSafeInteger(value)) this.fail(`${expected} is ${excerpt(digits)}, which exceeds 2^53 - 1`);
    return value;
  }

  /**
   * Items between brackets, separated by commas.
   *
   * @returns whether a comma followed the last item, which some notations forbid and others demand
   */
  list(open: string, close: string, readItem: () => void): boolean {
    this.expect(open);
    let comma = false;
    while (!this.accept(close)) {
      readItem();
      comma = this.accept(',');
      if (!comma) {
        this.expect(close);
        break;
      }
    }
    return comma;
  }

  /** Demands that nothing but white space is left. */
  end(): void {
    this.#skipWhiteSpace();
    if (this.#position < this.#text.length) this.unexpected('the end');
  }

  #skipWhiteSpace(): void {
    while (this.#position < this.#text.length && WHITE_SPACE.includes(this.#text[this.#position]!)) this.#position++;
  }

  #isDigit(position: number): boolean {
    const code = this.#text.charCodeAt(position);
    return code >= 0x30 && code <= 0x39;
  }
}
