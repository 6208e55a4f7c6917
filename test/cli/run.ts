import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

/** What a command wrote, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, with nothing of this process's environment. */
export async function dear(
  words: readonly string[],
  cwd: string,
  environment: Record<string, string>,
): Promise<Ran> {
  let out = Buffer.alloc(0);
  let err = '';
  const onOut = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out = Buffer.concat([out, Buffer.from(chunk)]);
    return true;
  });
  const onErr = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    err += String(chunk);
    return true;
  });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const code = await main(['node', 'dear', ...words], { LOG_LEVEL: 'silent', ...environment }, cwd);
    return { code, out: out.toString('utf8'), err };
  } finally {
    onOut.mockRestore();
    onErr.mockRestore();
    process.exitCode = before;
  }
}
