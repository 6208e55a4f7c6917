import { Worker } from 'node:worker_threads';

const compiled = import.meta.url.endsWith('.js');

/**
 * Starts a file of this folder in a thread of its own. It does not keep the process alive.
 * @param name without its ending
 */
export function startThread(name: string, workerData: object): Worker {
  const thread = compiled
    ? new Worker(new URL(`./${name}.js`, import.meta.url), { workerData, execArgv: [] })
    : new Worker(fromSources(name), { eval: true, workerData, execArgv: [] });
  thread.unref();
  return thread;
}

/** A thread that runs from the sources: `--import tsx` works only in a main thread, so it is registered here. */
function fromSources(name: string): string {
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const file = JSON.stringify(new URL(`./${name}.ts`, import.meta.url).href);
  return `import(${tsx}).then(({ register }) => { register(); return import(${file}); });`;
}
