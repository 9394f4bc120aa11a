/** What a check in a page fails with, as a text that can be handed out of the page; undefined where it does not fail. */
export async function failureOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    const { message, cause } = error as Error;
    return cause ? `${cause}\n${message}` : message;
  }
}
