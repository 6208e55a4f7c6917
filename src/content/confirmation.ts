import { join } from 'node:path';
import { z } from 'zod';
import { type LetterSet, moduleUse, slotValue } from './campaign.ts';
import { compileLetter } from './compile.ts';
import { readTemplate, shownPath, templateName } from './files.ts';
import { ContentError, type Problem, type Report, throwing, worstFirst } from './problem.ts';
import { programOf } from './program.ts';
import type { LetterSource } from './source.ts';
import { readYaml } from './yaml.ts';

/** Where the letter that asks to confirm a sign-up lies, within the templates folder. */
const CONFIRMATION_FOLDER = 'sign-up';

const language = z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/);

const letter = z.strictObject({
  subject: z.string().trim().min(1, 'must not be empty'),
  preheader: z.string().trim().default(''),
  layout: templateName.default('default'),
  modules: z
    .array(
      moduleUse.refine(({ when }) => when === undefined, {
        error: "cannot have 'when' here: all who sign up are asked the same",
      }),
    )
    .min(1, 'must name at least one module'),
});

const letterFile = z.strictObject({
  about: z.string().default(''),
  settings: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), slotValue).default({}),
  /** By language; the first is for everybody whose own is not there. */
  letters: z
    .record(language, letter, {
      error: ({ code }) =>
        code === 'invalid_key' ? "must be a language such as 'en' or 'pt-BR'" : undefined,
    })
    .refine((all) => Object.keys(all).length > 0, 'must have at least one language'),
});

/** The letter that asks, in one language; those of a file are in its order. */
export interface ConfirmationSource {
  readonly language: string;
  readonly source: LetterSource;
}

/** Somebody of whom nothing is known but what a sign-up tells; every letter must do with that. */
const stranger = {
  profile: { email: 'reader@example.com' },
  data: {},
  modules: {},
  settings: {},
  signUp: {
    sender: 'Shop',
    topics: [{ name: 'Offers' }],
    requestedAt: '2026-01-01T00:00:00Z',
    expiresAt: '2026-01-08T00:00:00Z',
  },
};
const example = 'https://example.com/';
const urls = { open: example, unsubscribe: example, confirm: example };

/**
 * Compiles `sign-up/letter.yaml` of the templates folder; undefined when there is none. Takes a second or two, most
 * of it for MJML.
 * @throws ContentError naming file and line of what is wrong
 */
export async function compileConfirmation(
  templatesDir: string,
  report: Report = throwing,
): Promise<ConfirmationSource[] | undefined> {
  const set = await loadSet(templatesDir);
  if (set === undefined) return undefined;
  const compiled: ConfirmationSource[] = [];
  for (const { name } of set.variants) {
    // For <html lang>, unless the file says otherwise.
    const settings = { language: name, ...set.settings };
    const source = await compileLetter(templatesDir, { ...set, settings }, name, report);
    const missing = programOf(source).missing(stranger, urls);
    if (missing !== undefined) report(needsTooMuch(set, name, missing));
    compiled.push({ language: name, source });
  }
  return compiled;
}

/** Everything that is wrong or doubtful in the letter that asks; undefined when there is no such file. */
export async function checkConfirmation(templatesDir: string): Promise<Problem[] | undefined> {
  const problems: Problem[] = [];
  try {
    const found = await compileConfirmation(templatesDir, (problem) => void problems.push(problem));
    if (found === undefined) return undefined;
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    problems.push(error.problem);
  }
  const once = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return worstFirst([...once.values()]);
}

async function loadSet(templatesDir: string): Promise<LetterSet | undefined> {
  const path = join(templatesDir, CONFIRMATION_FOLDER, 'letter.yaml');
  const text = await readTemplate(path);
  if (text === undefined) return undefined;
  const file = shownPath(templatesDir, path);
  const { value, lines } = readYaml(text, file, 1, letterFile);
  const languages = Object.entries(value.letters);
  return {
    file,
    lines,
    settings: value.settings,
    data: {},
    variants: languages.map(([name, own]) => ({ ...own, name, weight: 1 })),
    folder: CONFIRMATION_FOLDER,
    pathOf: (index) => `letters.${languages[index]?.[0]}`,
    asks: true,
  };
}

function needsTooMuch({ file, lines }: LetterSet, name: string, missing: string): Problem {
  const events = missing.startsWith('data.');
  return {
    level: 'error',
    code: 'confirmation.needs',
    file,
    line: lines[`letters.${name}`],
    message: `the letter needs ${missing}, which is not known of everybody who signs up`,
    mend: events
      ? 'Leave out modules that show events.'
      : `Write {{default ${missing} "…"}} or {{#if ${missing}}} … {{/if}}.`,
  };
}
