const LONGEST = 40;

/** The beginning of a text from a file for a message of one line: what is not printable is shown by its code. */
export function excerpt(text: string): string {
  const printable = text
    .slice(0, LONGEST)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) => `\\u${each.codePointAt(0)!.toString(16).padStart(4, '0')}`);
  return text.length > LONGEST ? `${printable}…` : printable;
}
