import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Results of one part, written after every line, so that what was measured is left behind where something fails later. */
export class Report {
  readonly #path: string;
  readonly #lines: Record<string, unknown>[] = [];

  constructor(
    directory: string,
    readonly part: string,
  ) {
    mkdirSync(directory, { recursive: true });
    this.#path = join(directory, `${part}.json`);
    this.#write();
  }

  add(line: Record<string, unknown>): void {
    this.#lines.push(line);
    console.log(this.part, JSON.stringify(line));
    this.#write();
  }

  #write(): void {
    const lines = this.#lines.map((line) => `  ${JSON.stringify(line)}`).join(',\n');
    writeFileSync(`${this.#path}.new`, `[\n${lines}\n]\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }
}
