/** A row of the screen; `continues` if the next row holds the rest of the same line. */
interface Row {
  text: string;
  continues: boolean;
}

/** A terminal that wraps, reflows when it is resized, and knows the commands CR, LF, CUU and ED 0. One cell a character. */
export class FakeTerminal {
  readonly isTTY = true;
  readonly writes: string[] = [];
  #columns: number;
  #rows: Row[] = [{ text: '', continues: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get columns(): number {
    return this.#columns;
  }

  /** The lines on the screen, without empty ones at the end. */
  get screen(): string[] {
    return this.#rows
      .map(({ text }) => text.trimEnd())
      .filter((text, index, all) => all.slice(index).some(Boolean) || text !== '');
  }

  write(text: string): boolean {
    this.writes.push(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is driven by them
    for (const [token] of text.matchAll(/\u001b\[(\d*)([A-Z])|[\s\S]/gu)) this.#interpret(token);
    return true;
  }

  /** Breaks the lines anew; the cursor stays behind the character that it was behind. */
  resize(columns: number): void {
    const lines: string[] = [];
    let [cursorLine, cursorOffset] = [0, 0];
    let line = '';
    this.#rows.forEach(({ text, continues }, index) => {
      if (index === this.#row) [cursorLine, cursorOffset] = [lines.length, line.length + this.#column];
      line += text;
      if (continues) return;
      lines.push(line);
      line = '';
    });
    this.#columns = columns;
    this.#rows = [];
    lines.forEach((whole, index) => {
      const count = Math.max(1, Math.ceil(whole.length / columns));
      if (index === cursorLine) {
        const row = Math.min(count - 1, Math.floor(cursorOffset / columns));
        [this.#row, this.#column] = [this.#rows.length + row, cursorOffset - row * columns];
      }
      for (let part = 0; part < count; part++) {
        this.#rows.push({ text: whole.slice(part * columns, (part + 1) * columns), continues: part < count - 1 });
      }
    });
  }

  #interpret(token: string): void {
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#moveDown(false);
    else if (token.endsWith('A') && token.length > 1)
      this.#row = Math.max(0, this.#row - Number(token.slice(2, -1) || 1));
    else if (token === '\u001b[J') this.#eraseBelow();
    else if (token.length > 2) throw new Error(`unknown command ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #put(character: string): void {
    if (this.#column >= this.#columns) this.#moveDown(true);
    const row = this.#rows[this.#row]!;
    row.text = row.text.slice(0, this.#column).padEnd(this.#column) + character + row.text.slice(this.#column + 1);
    this.#column += 1;
  }

  #moveDown(continues: boolean): void {
    this.#rows[this.#row]!.continues = continues;
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.#rows.length) this.#rows.push({ text: '', continues: false });
  }

  #eraseBelow(): void {
    const row = this.#rows[this.#row]!;
    this.#rows.splice(this.#row, this.#rows.length, { text: row.text.slice(0, this.#column), continues: false });
  }
}
