import { SingleBar } from 'cli-progress';

/** A bar on standard error; silent when that is no terminal. */
export interface Progress {
  to(done: number): void;
  end(): void;
}

/** @param total how many steps make the whole; `unit` is what one step is called, in the plural. */
export function progressBar(title: string, total: number, unit: string): Progress {
  if (!process.stderr.isTTY) return { to: () => undefined, end: () => undefined };
  const bar = new SingleBar({
    format: `${title.padEnd(22)} {bar} {value}/{total} ${unit}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return { to: (done) => bar.update(Math.min(done, total)), end: () => bar.stop() };
}
