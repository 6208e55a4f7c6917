import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { loadCampaign } from '../../src/content/campaign.ts';
import { compileVariant } from '../../src/content/compile.ts';
import { type LetterContext, type LetterProgram, programOf } from '../../src/content/program.ts';
import type { LetterSource } from '../../src/content/source.ts';

/** The least that a layout must have. */
export const plainLayout = `<mjml>
  <mj-head><mj-title>{{subject}}</mj-title><mj-preview>{{preheader}}</mj-preview></mj-head>
  <mj-body>
    {{> modules}}
    <mj-section><mj-column><mj-text>
      <a href="{{urls.unsubscribe}}">Unsubscribe</a> {{settings.postalAddress}}
    </mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
`;

const made: string[] = [];

afterAll(async () => {
  await Promise.all(made.splice(0).map((root) => rm(root, { recursive: true, force: true })));
});

/** A templates folder with these files, gone when the file's tests are. */
export async function workshop(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'dear-content-'));
  made.push(root);
  const dir = join(root, 'templates');
  for (const [name, text] of Object.entries({ 'layouts/default.mjml': plainLayout, ...files })) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return dir;
}

/** A campaign file of one variant with one module, `block`. */
export function campaignText(
  given: { subject?: string; preheader?: string; rest?: string; with?: string } = {},
): string {
  return `segment: everyone
topic: offers
from: 'Shop <hello@shop.example>'
settings: { postalAddress: 'Lane 1, Town' }
${given.rest ?? ''}
variants:
  - name: only
    subject: ${JSON.stringify(given.subject ?? 'Hello')}
    preheader: ${JSON.stringify(given.preheader ?? '')}
    modules:
      - module: block
        with: ${given.with ?? '{}'}
`;
}

/** A module around MJML that stands in a column. */
export function moduleText(inColumn: string, frontMatter = 'about: a block'): string {
  return `---\n${frontMatter}\n---\n<mj-section><mj-column>\n${inColumn}\n</mj-column></mj-section>\n`;
}

export interface Made {
  readonly source: LetterSource;
  readonly program: LetterProgram;
}

/** Compiles the only variant of a campaign with one module. */
export async function make(
  module: string,
  given: Parameters<typeof campaignText>[0] = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Made> {
  const dir = await workshop({
    'modules/block.mjml': module,
    'campaigns/c/campaign.yaml': campaignText(given),
    ...files,
  });
  const source = await compileVariant(dir, await loadCampaign(dir, 'c'), 'only');
  return { source, program: programOf(source) };
}

export const urls = {
  clicks: 'https://mail.example/c/T/',
  open: 'https://mail.example/o/T?a=1&b=2',
  unsubscribe: 'https://mail.example/u/T',
  preferences: 'https://mail.example/p/T',
};

export function context(
  profile: Record<string, unknown>,
  rest: Partial<Omit<LetterContext, 'profile'>> = {},
): LetterContext {
  return { profile, data: {}, modules: {}, settings: {}, ...rest };
}

/** The letter, or an error that names what is missing. */
export function letterOf(program: LetterProgram, given: LetterContext) {
  const result = program.render(given, urls);
  if (!result.ok) throw new Error(`missing ${result.missing}`);
  return result.letter;
}
