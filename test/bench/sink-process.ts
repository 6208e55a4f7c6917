import { z } from 'zod';
import { forkBeside } from './steps.ts';

const fromSink = z.union([
  z.object({ port: z.int() }),
  z.object({ arrived: z.object({ taken: z.int(), octets: z.int() }) }),
]);

/** The sink, in its own process. */
export interface Sink {
  readonly url: string;
  /** Counts anew; resolves with the octets that came once that many letters did. */
  expect(letters: number): Promise<number>;
  close(): void;
}

/** @param away ms that every answer takes, as if the server were that far away */
export async function openSink(away = 0): Promise<Sink> {
  const child = forkBeside('sink', String(away));
  let onArrival: (octets: number) => void = () => undefined;
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the sink of the benchmark did not start')));
    child.on('message', (message) => {
      const said = fromSink.parse(message);
      if ('port' in said) resolve(said.port);
      else onArrival(said.arrived.octets);
    });
  });
  return {
    url: `smtp://127.0.0.1:${port}?tls=never`,
    expect: (letters) =>
      new Promise((resolve) => {
        onArrival = resolve;
        child.send({ expect: letters });
      }),
    close: () => child.disconnect(),
  };
}
