import type { ServeOptions } from '@pnn/he/node';
import type { OptionSpecs, Options } from '../options.js';

const evaluators = ['wasm', 'seal'] as const;

/** How a network is served to encrypted clients. */
export function serveOptions(): OptionSpecs {
  return {
    evaluator: { value: 'NAME', description: 'what serves: wasm (default) or seal' },
    threads: { value: 'N', description: 'threads of each session of wasm (default 1)' },
    port: { value: 'N', description: 'the port of serve (default one that is free)' },
    sessions: { value: 'N', description: 'clients that serve has at a time (default 4)' },
    timings: { description: 'serve tells clients how long its operations take, for their reports' },
  };
}

/** What the options say of it. */
export function serveOptionsFrom(options: Options): ServeOptions {
  const evaluator = options.choice('evaluator', evaluators);
  const [port, threads, maxSessions] = [
    options.integer('port', 0, 65535),
    options.integer('threads', 1),
    options.integer('sessions', 1),
  ];
  return {
    ...(port !== undefined && { port }),
    ...(evaluator !== undefined && { evaluator }),
    ...(threads !== undefined && { threads }),
    ...(maxSessions !== undefined && { maxSessions }),
    ...(options.has('timings') && { timings: true }),
  };
}
