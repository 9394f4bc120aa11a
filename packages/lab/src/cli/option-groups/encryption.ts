import type { ServeOptions } from '@pnn/he/node';
import type { OptionSpecs, Options } from '../options.js';

const evaluators = ['wasm', 'seal'] as const;

/** How a network is served to encrypted clients. */
export function serveOptions(): OptionSpecs {
  return {
    evaluator: { value: 'NAME', description: 'what serves: wasm (default) or seal' },
    workers: { value: 'N', description: 'threads that compute for each client (default 1)' },
    port: { value: 'N', description: 'the port of serve (default one that is free)' },
    sessions: { value: 'N', description: 'clients that serve has at a time (default 4)' },
    hosts: { value: 'NAME,…', description: 'names under which a proxy asks serve, besides those of loopback' },
    timings: { description: 'serve tells clients how long its operations take, for their reports' },
  };
}

/** What the options say of it. */
export function serveOptionsFrom(options: Options): ServeOptions {
  const evaluator = options.choice('evaluator', evaluators);
  const hosts = options.text('hosts')?.split(',');
  const [port, workers, maxSessions] = [
    options.integer('port', 0, 65535),
    options.integer('workers', 1),
    options.integer('sessions', 1),
  ];
  return {
    ...(port !== undefined && { port }),
    ...(evaluator !== undefined && { evaluator }),
    ...(workers !== undefined && { workers }),
    ...(maxSessions !== undefined && { maxSessions }),
    ...(hosts !== undefined && { hosts }),
    ...(options.has('timings') && { timings: true }),
  };
}
