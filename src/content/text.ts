import { compile, type FormatCallback } from 'html-to-text';

type Element = Parameters<FormatCallback>[0];

/**
 * Derives the text part from compiled HTML, marks of expressions left in place. Link targets stand in angle
 * brackets behind their words (RFC 3986, appendix C), rows of tables on a line each.
 */
export const htmlToPlainText: (html: string) => string = compile({
  wordwrap: false,
  formatters: {
    dearLink: (element, walk, builder) => {
      const href = String(element.attribs.href ?? '').trim();
      walk(element.children, builder);
      if (href !== '' && href !== textIn(element) && !href.startsWith('#')) builder.addInline(` <${href}>`);
    },
    dearImage: (element, _walk, builder) => {
      const alt = String(element.attribs.alt ?? '').trim();
      if (alt !== '') builder.addInline(alt);
    },
    dearRow: (element, walk, builder) => {
      builder.openBlock({ leadingLineBreaks: 1 });
      walk(element.children, builder);
      builder.closeBlock({ trailingLineBreaks: 1 });
    },
    dearCell: (element, walk, builder) => {
      if (isLayout(element)) {
        builder.openBlock({ leadingLineBreaks: 2 });
        walk(element.children, builder);
        builder.closeBlock({ trailingLineBreaks: 2 });
      } else {
        if (hasCellBefore(element)) builder.addInline(' · ');
        walk(element.children, builder);
      }
    },
  },
  selectors: [
    { selector: 'a', format: 'dearLink' },
    { selector: 'img', format: 'dearImage' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
      selector,
      format: 'block',
      options: { uppercase: false, leadingLineBreaks: 2, trailingLineBreaks: 2 },
    })),
    { selector: 'tr', format: 'dearRow' },
    { selector: 'td', format: 'dearCell' },
    { selector: 'th', format: 'dearCell' },
    { selector: 'title', format: 'skip' },
    // The preheader, which only lists of mails show.
    { selector: 'div[style^="display:none"]', format: 'skip' },
  ],
});

/** MJML marks the tables that only arrange things. */
function isLayout(cell: Element): boolean {
  for (let node: Element | undefined = cell; node; node = node.parent) {
    if (node.name === 'table') return node.attribs?.role === 'presentation';
  }
  return false;
}

function hasCellBefore(cell: Element): boolean {
  const row = cell.parent?.children ?? [];
  return row.slice(0, row.indexOf(cell)).some(({ name }) => name === 'td' || name === 'th');
}

function textIn(element: Element): string {
  const parts: string[] = (element.children ?? []).map((child: Element) =>
    child.type === 'text' ? String(child.data ?? '') : textIn(child),
  );
  return parts.join('').trim();
}
