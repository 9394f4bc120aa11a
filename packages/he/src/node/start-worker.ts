import { Worker, type WorkerOptions } from 'node:worker_threads';

const isSource = import.meta.url.endsWith('.ts');

/**
 * Starts a program of this folder in a thread, without the environment: built, or from its source, by a loader that the thread has to
 * register itself.
 *
 * @param program where it is once it is built
 */
export function startWorker(program: URL, options: Pick<WorkerOptions, 'workerData' | 'transferList'>): Worker {
  if (!isSource) return new Worker(program, { ...options, env: {} });
  const source = program.href.replace(/\.js$/, '.ts');
  const text = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(source)}); })`;
  return new Worker(text, { ...options, eval: true, execArgv: ['--conditions=@pnn/source'], env: {} });
}
