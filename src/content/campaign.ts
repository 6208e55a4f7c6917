import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { readTemplate, shownPath, templateName } from './files.ts';
import { ContentError, knownNames } from './problem.ts';
import { dataRequests } from './source.ts';
import { readYaml } from './yaml.ts';

/** `90m`, `12h`, `7d`, `2w` → milliseconds. */
const duration = z
  .string({ error: "must be a duration such as '12h' or '7d'" })
  .regex(/^[1-9]\d{0,4}[mhdw]$/, "must be a duration such as '90m', '12h', '7d' or '2w'")
  .transform(parseDuration);

const share = z
  .union(
    [z.literal(0), z.string().regex(/^(\d{1,2}(\.\d{1,3})?)%$/, "must be a share below 100%, such as '5%'")],
    {
      error: "must be a share below 100%, such as '5%'",
    },
  )
  .transform((text) => (text === 0 ? 0 : Number(text.slice(0, -1)) / 100));

const clock = z
  .string({ error: "must be a time in quotes, such as '21:00'" })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as '21:00'");

export const sender = z
  .string()
  .regex(
    /^(?:[^<>"\r\n]{0,200}<[^\s<>@",;]+@[^\s<>@",;]+\.[^\s<>@",;]+>|[^\s<>@",;]+@[^\s<>@",;]+\.[^\s<>@",;]+)$/,
    "must look like 'Name <name@example.com>'",
  )
  .transform((text) => {
    const start = text.indexOf('<');
    if (start === -1) return { name: '', address: text };
    return { name: text.slice(0, start).trim(), address: text.slice(start + 1, -1) };
  });

export const slotValue = z.union([z.string(), z.number()], { error: 'must be text or a number' });
const rule = z.record(z.string(), z.unknown(), { error: 'must be a rule, written as a map' });

export const moduleUse = z.preprocess(
  (given) => (typeof given === 'string' ? { module: given } : given),
  z
    .strictObject(
      {
        module: templateName.optional(),
        file: z
          .string()
          .regex(/^\.\/[A-Za-z0-9_-]+\.mjml$/, "must be a file beside the campaign, such as './block.mjml'")
          .optional(),
        with: z.record(z.string(), slotValue).default({}),
        when: rule.optional(),
      },
      { error: "must be a module's name, or a map with 'module' or 'file'" },
    )
    .refine((use) => (use.module === undefined) !== (use.file === undefined), {
      error: "must have either 'module' or 'file'",
    }),
);

const variant = z.strictObject({
  name: templateName,
  /** Its share of the audience, in proportion to the other variants' weights. */
  weight: z.number().positive().default(1),
  subject: z.string().trim().min(1, 'must not be empty'),
  preheader: z.string().trim().default(''),
  layout: templateName.default('default'),
  modules: z.array(moduleUse).min(1, 'must name at least one module'),
});

const campaignFile = z.strictObject({
  about: z.string().default(''),
  segment: z.union([templateName, rule], { error: "must be a saved segment's name, or a rule" }),
  topic: templateName,
  from: sender,
  /** How long a letter is still worth sending, in milliseconds. */
  validFor: duration.default(7 * 86_400_000),
  /** The share of the audience that gets no letter, from 0 to below 1. */
  holdout: share.default(0),
  quietHours: z.strictObject({ from: clock, to: clock }).optional(),
  value: z.number().positive().default(1),
  /** Reaches those too who asked for the most important letters only. */
  important: z.boolean({ error: 'must be true or false' }).default(false),
  goal: z.strictObject({ event: z.string().min(1), within: duration }).optional(),
  data: dataRequests.default({}),
  settings: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), slotValue).default({}),
  variants: z
    .array(variant)
    .min(1, 'must have at least one variant')
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have different names'),
});

/** A campaign as its file says it, checked; durations in milliseconds, shares from 0 to 1. */
export type CampaignDefinition = z.output<typeof campaignFile> & {
  readonly name: string;
  /** The file it was read from, as shown to people. */
  readonly file: string;
  /** Line in the file of each of its values, by path: `variants.0.subject`. */
  readonly lines: Readonly<Record<string, number>>;
};

/** What letters are compiled from: a campaign, or the letter that asks to confirm a sign-up. */
export type LetterSet = Pick<CampaignDefinition, 'file' | 'lines' | 'settings' | 'data' | 'variants'> & {
  /** Where its own modules lie, within the templates folder. */
  readonly folder: string;
  /** Path in the file of the variant of that place: `variants.0`. */
  pathOf(index: number): string;
  /** Whether it is the letter that asks, which has a link to confirm and counts nothing. */
  readonly asks: boolean;
};

/** A campaign as what its letters are compiled from. */
export function lettersOf(campaign: CampaignDefinition): LetterSet {
  const folder = `campaigns/${campaign.name}`;
  return { ...campaign, folder, pathOf: (index) => `variants.${index}`, asks: false };
}

/** The rules in a campaign's file, unread, each with its path in the file: whom it is for, and whom single modules. */
export function rulesIn({ segment, variants }: CampaignDefinition): { path: string; rule: unknown }[] {
  const conditions = variants.flatMap(({ modules }, variant) =>
    modules.map(({ when }, index) => ({ path: `variants.${variant}.modules.${index}.when`, rule: when })),
  );
  const whom = { path: 'segment', rule: typeof segment === 'string' ? { segment } : segment };
  return [whom, ...conditions.filter(({ rule }) => rule !== undefined)];
}

export type VariantDefinition = CampaignDefinition['variants'][number];
export type ModuleUse = VariantDefinition['modules'][number];

/**
 * Reads `campaigns/<name>/campaign.yaml`.
 * @throws ContentError `campaign.unknown`, or naming file, path and line of what is wrong in it.
 */
export async function loadCampaign(templatesDir: string, name: string): Promise<CampaignDefinition> {
  const path = join(templatesDir, 'campaigns', name, 'campaign.yaml');
  const file = shownPath(templatesDir, path);
  const text = templateName.safeParse(name).success ? await readTemplate(path) : undefined;
  if (text === undefined) {
    throw new ContentError({
      level: 'error',
      code: 'campaign.unknown',
      file: shownPath(templatesDir, join(templatesDir, 'campaigns')),
      message: `there is no campaign '${name}'`,
      mend: knownNames(name, await listCampaigns(templatesDir)),
    });
  }
  const { value, lines } = readYaml(text, file, 1, campaignFile);
  return { ...value, name, file, lines };
}

/** The names of all campaigns in the templates folder, sorted. */
export async function listCampaigns(templatesDir: string): Promise<string[]> {
  const folder = join(templatesDir, 'campaigns');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && templateName.safeParse(entry.name).success)
    .map((entry) => entry.name)
    .sort();
}
