import { compileConfirmation } from '../content/confirmation.ts';
import { serveThread } from '../thread.ts';

/* A thread that compiles the letter that asks and then ends, and all the memory that MJML takes with it. */

await serveThread<CompileAsk, CompileAnswer>(async () => async ({ templatesDir }) => ({
  answer: await compileConfirmation(templatesDir),
}));

export interface CompileAsk {
  readonly templatesDir: string;
}

export type CompileAnswer = Awaited<ReturnType<typeof compileConfirmation>>;
