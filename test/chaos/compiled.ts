import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/store/package-root.ts';

/** The command line of Dear, compiled from the sources as they are now, so that a killed worker is soon replaced. */
export interface Compiled {
  /** The file that `node` runs. */
  readonly cli: string;
  remove(): Promise<void>;
}

/** Compiles into a folder of its own below the package, from where its imports and migrations are found. */
export async function compileDear(): Promise<Compiled> {
  const root = packageRoot();
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'dear-chaos-'));
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  await promisify(execFile)(
    process.execPath,
    [compiler, '-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', folder],
    { cwd: root },
  );
  return {
    cli: join(folder, 'src', 'cli', 'dear.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
