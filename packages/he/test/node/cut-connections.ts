import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Generator } from '@pnn/nn';

/** A request as it goes over the wire. */
export function requestBytes(method: string, path: string, body: Uint8Array = new Uint8Array()): Uint8Array {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/**
 * Sends a request as far as a random byte, half of the times all of it, and ends the connection after a random time: what a server
 * sees of a client that was killed.
 */
export async function sendAndVanish(port: number, request: Uint8Array, random: Generator): Promise<void> {
  const length = random.uniform() < 0.5 ? request.length : Math.floor(random.uniform() * request.length);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(request.subarray(0, length));
  await setTimeout(50 * random.uniform());
  if (random.uniform() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}
