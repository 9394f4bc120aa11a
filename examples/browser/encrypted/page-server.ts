import { readFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Nothing of the page can go anywhere but to its own server. SEAL's bindings for JavaScript are made by `eval`. */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src 'self' data:";

/** A server on this machine that has the page, and passes everything else on to a server of `serve`. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles the page and serves it in front of a server of encrypted inference, as a proxy with TLS would. */
export async function servePage(target: string, port = 0): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: [fileOf('main.ts')],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    conditions: ['@pnn/source'],
    // The file that node-seal 6 names for browsers asks for a module of Node.
    alias: { 'node-seal': 'node-seal/throws_wasm_web_es.js' },
    write: false,
  });
  const files = new Map([
    ['/', { type: 'text/html', content: await readFile(fileOf('index.html')) }],
    ['/main.js', { type: 'text/javascript', content: outputFiles[0]!.contents }],
  ]);
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const file = files.get(url);
    if (method === 'GET' && file) {
      outgoing.writeHead(200, { 'content-type': file.type, 'content-security-policy': POLICY });
      outgoing.end(file.content);
      return;
    }
    const passed = forward(`${target}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
