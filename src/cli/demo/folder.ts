import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DearError } from '../../errors.ts';

const MARK = 'made-by-dear-demo.json';

/** The demo's own folder, where nothing else lives. */
export interface DemoFolder {
  readonly path: string;
  /** Lets another demo have the folder; what was written stays to be looked at. */
  release(): Promise<void>;
}

/**
 * Takes the folder for this process and empties it.
 * @throws DearError `demo.folder` when it holds something that no demo made, `demo.running` when another demo has it.
 */
export async function takeFolder(path: string): Promise<DemoFolder> {
  const mark = join(path, MARK);
  await mkdir(path, { recursive: true });
  const entries = await readdir(path);
  if (entries.length > 0 && !existsSync(mark)) {
    throw new DearError(
      'demo.folder',
      `The demo empties its folder ${path}, but this one holds other things.`,
      {
        mend: 'Move them away, or set DATA_DIR to another folder.',
      },
    );
  }
  const owner = existsSync(mark) ? await ownerOf(mark) : undefined;
  if (owner !== undefined) {
    throw new DearError('demo.running', `A demo is running already in ${path} (process ${owner}).`, {
      mend: `Stop it with Ctrl-C, or set DATA_DIR to another folder. If there is none, remove the folder.`,
    });
  }
  for (const entry of entries)
    if (entry !== MARK) await rm(join(path, entry), { recursive: true, force: true });
  const write = (process: number | null) =>
    writeFile(
      mark,
      `${JSON.stringify({ about: '`dear demo` empties this folder at each start', process })}\n`,
    );
  await write(process.pid);
  return { path, release: () => write(null) };
}

/** The process that has the folder, undefined when it is gone. */
async function ownerOf(mark: string): Promise<number | undefined> {
  const pid = Number(/"process":(\d+)/.exec(await readFile(mark, 'utf8'))?.[1]);
  if (!Number.isSafeInteger(pid) || pid < 1 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : undefined;
  }
}
