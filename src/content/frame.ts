import { type Assembly, addToken, append, asIs, type Fillings, newAssembly, startLine } from './assemble.ts';
import type { LayoutBlock, ModuleBlock } from './blocks.ts';
import { hasOwnLink } from './links.ts';
import type { Report } from './problem.ts';

/** A module at its place in a letter. */
export interface LetterModule {
  readonly block: ModuleBlock;
  /** Names it among the conditional ones; undefined when it always appears. */
  readonly key: string | undefined;
  readonly fillings: Fillings;
}

/** Layout and modules as one text of MJML. */
export function assembleLetter(
  layout: LayoutBlock,
  fillings: Fillings,
  modules: readonly LetterModule[],
): Assembly {
  const assembly = newAssembly();
  const putModules = () => {
    for (const { block, key, fillings: own } of modules) {
      const origin = { file: block.file, line: block.template.offset + 1 };
      startLine(assembly, origin);
      if (key !== undefined) addToken(assembly, 'open', `{{#if modules.${key}}}`, origin);
      append(assembly, block.template, { fillings: own, escape: asIs });
      if (key !== undefined) addToken(assembly, 'close', '{{/if}}', origin);
      startLine(assembly, { file: layout.file, line: layout.template.offset + 1 });
    }
  };
  assembly.lines[0] = { file: layout.file, line: layout.template.offset + 1 };
  append(assembly, layout.template, { fillings, escape: asIs, modules: putModules });
  return assembly;
}

/** What the law asks of every letter: a way out that can be seen, and a postal address (CAN-SPAM). */
export function checkFrame(layout: LayoutBlock, html: string, letter: Assembly, report: Report): void {
  const problem = { level: 'error', file: layout.file } as const;
  const source = JSON.stringify(layout.template.body);
  checkPlace(layout, report);
  if (html !== '' && !hasOwnLink(html, letter, 'urls.unsubscribe', layout.file)) {
    report({
      ...problem,
      code: 'layout.no-unsubscribe',
      message: 'the layout has no visible unsubscribe link that every reader sees',
      mend: 'Put <a href="{{urls.unsubscribe}}">Unsubscribe</a> in its footer.',
    });
  }
  if (!source.includes('"settings.postalAddress"')) {
    report({
      ...problem,
      code: 'layout.no-address',
      message: 'the layout shows no postal address',
      mend: 'Put {{settings.postalAddress}} in its footer.',
    });
  }
}

/** A layout without a place for modules would drop them without a word. */
export function checkPlace(layout: LayoutBlock, report: Report): void {
  if (JSON.stringify(layout.template.body).includes('"PartialStatement"')) return;
  report({
    level: 'error',
    file: layout.file,
    code: 'layout.no-modules',
    message: 'the layout has no place for modules',
    mend: 'Write {{> modules}} in its mj-body.',
  });
}

/** What the letter that asks is for: a link to confirm that nobody can miss. */
export function checkConfirmLink(
  html: string,
  letter: Assembly,
  at: { file: string; line: number | undefined },
  report: Report,
): void {
  if (html === '' || hasOwnLink(html, letter, 'urls.confirm')) return;
  report({
    level: 'error',
    code: 'confirmation.no-link',
    ...at,
    message: 'the letter has no visible link to confirm that every reader sees',
    mend: 'Add the module button with href: \'{{urls.confirm}}\', or <a href="{{urls.confirm}}">…</a> outside of any condition.',
  });
}
