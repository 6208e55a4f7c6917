import { readFile, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';

/** Beside the compiled code. */
const file = new URL('./embedded-queue.tar', import.meta.url);
const compiled = import.meta.url.endsWith('.js');

/**
 * Makes the image that the embedded queue starts from: a new database costs seconds of work, a copy of one much
 * less. Part of the build.
 */
export async function makeEmbeddedImage(): Promise<void> {
  const database = await PGlite.create();
  const image = await database.dumpDataDir('none');
  await database.close();
  await writeFile(file, Buffer.from(await image.arrayBuffer()));
}

/** The image, when this is a build that has one. */
export async function embeddedImage(): Promise<Blob | undefined> {
  if (!compiled) return undefined;
  const bytes = await readFile(file).catch(() => undefined);
  return bytes === undefined ? undefined : new Blob([new Uint8Array(bytes)]);
}
