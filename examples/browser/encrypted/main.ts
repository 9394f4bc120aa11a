import { EncryptedClient, type EncryptedResult } from '@pnn/he';
import { Drawing } from './drawing.js';

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const [status, ask, scores, facts] = [
  element('status'),
  element<HTMLButtonElement>('ask'),
  element<HTMLTableElement>('scores'),
  element<HTMLTableElement>('facts'),
];
const drawing = new Drawing(element<HTMLCanvasElement>('digit'));

/** Shows a sentence, and lets the page be drawn: keys and encryption compute on its thread. */
async function say(text: string): Promise<void> {
  status.textContent = text;
  status.classList.remove('bad');
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function complain(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : String(error);
  status.classList.add('bad');
}

function addRow(table: HTMLTableElement, ...cells: (string | HTMLElement)[]): HTMLTableRowElement {
  const row = table.insertRow();
  for (const cell of cells) row.insertCell().append(cell);
  return row;
}

const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;

/** Bars from the lowest score to the highest. */
function showScores(logits: Float64Array): void {
  const [lowest, highest] = [Math.min(...logits), Math.max(...logits)];
  scores.replaceChildren();
  logits.forEach((logit, digit) => {
    const bar = document.createElement('i');
    bar.style.width = `${(100 * (logit - lowest)) / (highest - lowest)}%`;
    const row = addRow(scores, String(digit), bar, logit.toFixed(2));
    row.classList.toggle('best', logit === highest);
  });
}

function showFacts(client: EncryptedClient, { times }: EncryptedResult, keys: number): void {
  const { messages, plan } = client;
  facts.replaceChildren();
  const rows: [string, string][] = [
    ['encrypt', milliseconds(times.encrypt)],
    ['send, compute, receive', milliseconds(times.answer)],
    ['decrypt', milliseconds(times.decrypt)],
    ['sent', kilobytes(messages.request)],
    ['received', kilobytes(messages.answer)],
    ['keys to compute with, sent once', `${kilobytes(messages.keys)}, ${milliseconds(keys)}`],
    ['errors of scores stay below', plan.errorBound.toExponential(1)],
    ['CKKS', `N = ${plan.degree}, ${plan.bits.join(' + ')} bits`],
  ];
  for (const row of rows) addRow(facts, ...row);
}

async function start(): Promise<void> {
  await say('Asking the server for its plan …');
  const client = await EncryptedClient.connect(location.origin);
  await say('Making keys, and sending those that the server may have …');
  const begin = performance.now();
  const secret = client.makeSecretKey();
  client.useSecretKey(secret);
  secret.fill(0);
  await client.sendKeys();
  const keys = performance.now() - begin;
  ask.addEventListener('click', async () => {
    const pixels = drawing.pixels();
    if (!pixels) return complain('Draw a digit first.');
    ask.disabled = true;
    try {
      await say('Encrypting, asking, decrypting …');
      const result = await client.run(pixels);
      const { logits, warnings } = result;
      showScores(logits);
      showFacts(client, result, keys);
      if (warnings[0]) complain(warnings[0]);
      else await say(`It looks like a ${logits.indexOf(Math.max(...logits))}.`);
    } catch (error) {
      complain(error);
    }
    ask.disabled = false;
  });
  ask.disabled = false;
  await say('Ready: draw a digit.');
}

element('clear').addEventListener('click', () => drawing.clear());
await start().catch(complain);
