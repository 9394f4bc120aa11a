const MAX_LENGTH = 40;

/** What a file says, for the message of an error: in quotes, cut to 40 characters, its control characters escaped. */
export function quoted(text: string): string {
  const cut = text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
  return `'${JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"')}'`;
}
