import { append, asIs, type Filling, type Fillings, fill, newAssembly, restore } from './assemble.ts';
import {
  type LayoutBlock,
  loadLayout,
  loadModule,
  loadOwnModule,
  type ModuleBlock,
  type SlotDefinition,
} from './blocks.ts';
import {
  type CampaignDefinition,
  type LetterSet,
  lettersOf,
  type ModuleUse,
  type VariantDefinition,
} from './campaign.ts';
import { type DataUser, gatherData } from './data.ts';
import { assembleLetter, checkConfirmLink, checkFrame, checkPlace, type LetterModule } from './frame.ts';
import { addPixel, rewriteLinks } from './links.ts';
import { compileMjml } from './mjml.ts';
import { ContentError, knownNames, type Report, throwing } from './problem.ts';
import { type LetterSource, sealSource } from './source.ts';
import { checkTemplate, type DataUse, type Template, type Vocabulary } from './syntax.ts';
import { htmlToPlainText } from './text.ts';
import { crlf, htmlOnTheWire } from './wire-form.ts';

/** A module as one variant uses it. */
interface PlacedModule extends LetterModule {
  readonly use: ModuleUse;
}

interface Compiling {
  readonly set: LetterSet;
  readonly variant: VariantDefinition;
  /** Path of the variant in the campaign file: `variants.0`. */
  readonly path: string;
  readonly report: Report;
  /** Pieces that read data, each with the conditional module that it belongs to. */
  readonly users: DataUser[];
}

/**
 * Compiles one variant of a campaign: modules, layout and texts become one source, which renders every letter.
 * Takes some tens of milliseconds; the answer is plain JSON.
 * @param report what to do with problems; by default the first error is thrown
 * @throws ContentError naming file and line
 */
export async function compileVariant(
  templatesDir: string,
  campaign: CampaignDefinition,
  variantName: string,
  report: Report = throwing,
): Promise<LetterSource> {
  return compileLetter(templatesDir, lettersOf(campaign), variantName, report);
}

/** The same for any set of letters. */
export async function compileLetter(
  templatesDir: string,
  set: LetterSet,
  variantName: string,
  report: Report = throwing,
): Promise<LetterSource> {
  const index = set.variants.findIndex(({ name }) => name === variantName);
  const variant = set.variants[index];
  if (variant === undefined) throw unknownVariant(set, variantName);
  const compiling: Compiling = { set, variant, path: set.pathOf(index), report, users: [] };
  const layoutAt = { file: set.file, line: lineOf(compiling, `${compiling.path}.layout`) };
  const layout = await loadLayout(templatesDir, variant.layout, layoutAt);
  const settings = fillSettings(compiling, layout);
  const texts = fillTexts(compiling);
  const modules = await placeModules(templatesDir, compiling, settings);
  use(compiling, layout.template, { slots: [], frame: true }, undefined);

  const letter = assembleLetter(layout, new Map([...settings, ...texts]), modules);
  const marked = await compileMjml(letter, report);
  if (set.asks) {
    checkPlace(layout, report);
    checkConfirmLink(marked, letter, { file: set.file, line: lineOf(compiling, compiling.path) }, report);
  } else checkFrame(layout, marked, letter, report);
  const linked = rewriteLinks(marked, letter, report);
  const html = set.asks ? linked.html : addPixel(linked.html, letter);
  const text = htmlToPlainText(html);
  if (text.includes('{{')) {
    report({
      level: 'error',
      code: 'template.expression',
      file: layout.file,
      message: 'letters cannot show {{ itself',
    });
  }
  return sealSource({
    format: 1,
    subject: subjectOf(variant, settings, texts),
    html: restore(htmlOnTheWire(html), letter.tokens, '&#92;'),
    text: restore(crlf(text), letter.tokens, ''),
    conditions: modules.flatMap(({ key, use }) => (key === undefined ? [] : [{ key, when: use.when }])),
    data: gatherData(set, modules, compiling.users, report),
    links: linked.links,
  });
}

function unknownVariant(set: LetterSet, name: string): ContentError {
  const known = set.variants.map((variant) => variant.name);
  return new ContentError({
    level: 'error',
    code: 'variant.unknown',
    file: set.file,
    line: set.lines.variants,
    message: `there is no variant '${name}'`,
    mend: knownNames(name, known),
  });
}

function lineOf({ set }: Compiling, path: string): number | undefined {
  return set.lines[path] ?? set.lines[path.split('.').slice(0, -1).join('.')];
}

/** Checks a piece and notes what data it reads, and for which module. */
function use(
  compiling: Compiling,
  template: Template,
  vocabulary: Vocabulary,
  key: string | undefined,
): void {
  const uses: DataUse[] = checkTemplate(
    template,
    { ...vocabulary, asks: compiling.set.asks },
    compiling.report,
  );
  for (const { name, line } of uses) compiling.users.push({ name, key, file: template.file, line });
}

const nothing: Vocabulary = { slots: [], frame: false };

/** Makes the filling of a value of the campaign file, checked. */
function fillFrom(
  compiling: Compiling,
  value: string | number,
  type: SlotDefinition['type'],
  at: { file: string; line: number },
  key: string | undefined,
): Filling {
  const filling = fill(value, type, at.file, at.line);
  use(compiling, filling.template, nothing, key);
  return filling;
}

function fillSettings(compiling: Compiling, layout: LayoutBlock): Fillings {
  const { set, report } = compiling;
  const fillings = new Map<string, Filling>();
  for (const [name, value] of Object.entries(set.settings)) {
    const type = layout.meta.settings[name]?.type ?? 'text';
    const at = { file: set.file, line: lineOf(compiling, `settings.${name}`) ?? 1 };
    fillings.set(`settings.${name}`, fillFrom(compiling, value, type, at, undefined));
  }
  for (const [name, declared] of Object.entries(layout.meta.settings)) {
    if (fillings.has(`settings.${name}`)) continue;
    if (declared.default === undefined) {
      report({
        level: 'error',
        code: 'setting.missing',
        file: set.file,
        line: set.lines.settings,
        message: `the layout '${layout.name}' needs the setting '${name}'${declared.about ? ` (${declared.about})` : ''}`,
        mend: `Give it under settings:, as ${name}: …`,
      });
    }
    const at = { file: layout.file, line: layout.lines[`settings.${name}.default`] ?? 1 };
    fillings.set(
      `settings.${name}`,
      fillFrom(compiling, declared.default ?? '', declared.type, at, undefined),
    );
  }
  return fillings;
}

/** The subject and the preheader, as the layout names them. */
function fillTexts(compiling: Compiling): Fillings {
  const { set, variant, path } = compiling;
  const texts = (['subject', 'preheader'] as const).map((name) => {
    const at = { file: set.file, line: lineOf(compiling, `${path}.${name}`) ?? 1 };
    return [name, fillFrom(compiling, variant[name], 'text', at, undefined)] as const;
  });
  return new Map(texts);
}

function subjectOf(variant: VariantDefinition, settings: Fillings, texts: Fillings): string {
  const filling = texts.get('subject');
  if (filling === undefined) return variant.subject;
  const subject = newAssembly();
  const plain = new Map([...settings].map(([name, value]) => [name, { ...value, escape: asIs }]));
  append(subject, filling.template, { fillings: plain, escape: asIs });
  return restore(subject.text, subject.tokens, '');
}

async function placeModules(
  templatesDir: string,
  compiling: Compiling,
  settings: Fillings,
): Promise<PlacedModule[]> {
  const { set, variant, path, report } = compiling;
  const placed: PlacedModule[] = [];
  const keys = new Set<string>();
  for (const [index, given] of variant.modules.entries()) {
    const at = { file: set.file, line: lineOf(compiling, `${path}.modules.${index}`) };
    const block = await load(templatesDir, set, given, at).catch((error: unknown) => {
      if (!(error instanceof ContentError)) throw error;
      report(error.problem);
      return undefined;
    });
    if (block === undefined) continue;
    const key = given.when === undefined ? undefined : freeKey(block.name, keys);
    use(compiling, block.template, { slots: Object.keys(block.meta.slots), frame: false }, key);
    const slots = fillSlots(compiling, block, given, `${path}.modules.${index}`, key);
    placed.push({ use: given, block, key, fillings: new Map([...settings, ...slots]) });
  }
  return placed;
}

function load(
  templatesDir: string,
  set: LetterSet,
  given: ModuleUse,
  at: { file: string; line: number | undefined },
): Promise<ModuleBlock> {
  return given.file === undefined
    ? loadModule(templatesDir, given.module ?? '', at)
    : loadOwnModule(templatesDir, set.folder, given.file, at);
}

function freeKey(name: string, taken: Set<string>): string {
  const base = `m-${name}`;
  let key = base;
  for (let number = 2; taken.has(key); number++) key = `${base}-${number}`;
  taken.add(key);
  return key;
}

function fillSlots(
  compiling: Compiling,
  block: ModuleBlock,
  given: ModuleUse,
  path: string,
  key: string | undefined,
): Fillings {
  const { set, report } = compiling;
  const fillings = new Map<string, Filling>();
  const declared = block.meta.slots;
  for (const name of Object.keys(given.with)) {
    if (Object.hasOwn(declared, name)) continue;
    const place = { file: set.file, line: lineOf(compiling, `${path}.with.${name}`) };
    const message = `the module '${block.name}' has no slot '${name}'`;
    const mend = knownNames(name, Object.keys(declared));
    report({ level: 'error', code: 'slot.unknown', ...place, message, mend });
  }
  for (const [name, slot] of Object.entries(declared)) {
    const value = given.with[name] ?? slot.default;
    const line = lineOf(compiling, Object.hasOwn(given.with, name) ? `${path}.with.${name}` : path);
    if (value === undefined) {
      const message = `the module '${block.name}' needs its slot '${name}'${slot.about ? ` (${slot.about})` : ''}`;
      report({
        level: 'error',
        code: 'slot.missing',
        file: set.file,
        line,
        message,
        mend: `Give it under with:, as ${name}: …`,
      });
    } else if (slot.type === 'number' && !Number.isFinite(Number(value))) {
      const message = `the slot '${name}' of the module '${block.name}' takes a number`;
      report({ level: 'error', code: 'slot.invalid', file: set.file, line, message });
    }
    const own = Object.hasOwn(given.with, name);
    const at = own
      ? { file: set.file, line: line ?? 1 }
      : { file: block.file, line: block.lines[`slots.${name}.default`] ?? 1 };
    fillings.set(`slots.${name}`, fillFrom(compiling, value ?? '', slot.type, at, key));
  }
  return fillings;
}
