import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeFolder } from '../../../src/cli/demo/folder.ts';

describe('the folder of the demo', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'dear-demo-folder-'));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  test('is emptied at each start', async () => {
    const path = join(place, 'demo');
    const first = await takeFolder(path);
    await writeFile(join(path, 'dear.db'), 'old');
    await first.release();
    await takeFolder(path);
    expect(existsSync(join(path, 'dear.db'))).toBe(false);
  });

  test('is never one that holds other things', async () => {
    await writeFile(join(place, 'precious.txt'), 'mine');
    await expect(takeFolder(place)).rejects.toMatchObject({ code: 'demo.folder' });
    expect(await readdir(place)).toEqual(['precious.txt']);
  });

  test('belongs to one demo at a time, and to the next one when that is gone', async () => {
    const path = join(place, 'demo');
    await takeFolder(path);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    await writeFile(join(path, 'made-by-dear-demo.json'), JSON.stringify({ process: other.pid }));
    await expect(takeFolder(path)).rejects.toMatchObject({ code: 'demo.running' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await expect(takeFolder(path)).resolves.toMatchObject({ path });
  });
});
