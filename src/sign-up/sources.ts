import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfirmationSource } from '../content/confirmation.ts';
import { Thread } from '../thread.ts';
import { builtinLetters } from './builtin.ts';
import type { CompileAnswer, CompileAsk } from './compile-thread.ts';

/**
 * The letters that ask: those of the templates folder, or the built-in one where there are none.
 * @throws DearError naming file and line of what is wrong
 */
export async function confirmationSources(templatesDir: string): Promise<readonly ConfirmationSource[]> {
  const file = join(templatesDir, 'sign-up', 'letter.yaml');
  const own = await access(file).then(
    () => true,
    () => false,
  );
  return (own ? await compileAside(templatesDir) : undefined) ?? builtinLetters();
}

async function compileAside(templatesDir: string): Promise<CompileAnswer> {
  const file = new URL('./compile-thread', import.meta.url);
  const thread = new Thread<CompileAsk, CompileAnswer>(file, {}, 'The compiler of letters');
  try {
    await thread.ready;
    return await thread.ask({ templatesDir });
  } finally {
    await thread.terminate();
  }
}
