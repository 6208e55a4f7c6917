import fc from 'fast-check';
import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { helpers } from '../../src/content/helpers.ts';
import { TextPaper } from '../../src/content/paper.ts';
import {
  beginRendering,
  need,
  ownUrl,
  personalLink,
  picture,
  type Rendering,
  staticLink,
} from '../../src/content/render-helpers.ts';
import { noReads, rewriteTemplate } from '../../src/content/rewrite.ts';
import { translate, translateNeeds } from '../../src/content/translate.ts';

const templates = [
  'plain {{profile.a}}, {{profile.b.c}} and {{default profile.a profile.b.c "x"}}!',
  '{{#if profile.a}}A{{profile.a}}{{else}}-{{/if}}{{#unless profile.b}}B{{else}}{{profile.b}}{{/unless}}',
  '{{#each data.list}}#{{@index}} {{@first}} {{@last}} {{@key}} {{a}} {{../profile.a}} {{profile.a}}{{#each b}}[{{this}} {{../a}} #{{@index}}]{{/each}}{{else}}none{{/each}}',
  '{{#with profile.b}}{{c}} {{../profile.a}}{{#if c}}{{c}}{{/if}}{{else}}without{{/with}}',
  '{{#each profile.b}}{{@key}}={{this}};{{/each}}',
  '{{#if (and (eq profile.a "x") (not (gt profile.n 3)))}}yes{{else}}no{{/if}} {{upper (default profile.a "q")}}',
  '{{money profile.n "EUR" locale="de-DE"}} {{number profile.n decimals=2}} {{date profile.n style=profile.a}}',
  '{{dearLink "https://shop.example/a?b=1"}} {{#dearLink}}https://shop.example/{{url profile.a}}{{/dearLink}} {{urls.open}}',
  '{{#dearImage}}{{#if profile.a}}https://img.example/{{url profile.a}}{{else}}{{profile.b.c}}{{/if}}{{/dearImage}}',
  '{{profile.b.length}}{{profile.list.[0]}}{{#each data.list}}{{#with b}}{{this}}{{../../profile.a}}{{/with}}{{/each}}',
];

const scalar = fc.oneof(
  fc.constantFrom('x', '', ' ', 0, 1, 4, -2.5, true, false, null, 'É<b>&"=`', "it's", '\ud800', '2011-09-30'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 3 }), scalar, { noNullPrototype: true }),
);
/** What a longer path leads through; Handlebars shows `false` and `0` there for what would lie under them. */
const branch = fc.oneof(
  fc.record({ c: value }, { noNullPrototype: true }),
  fc.constantFrom(null, 'x', 7),
  fc.array(scalar, { minLength: 1, maxLength: 3 }),
);
const item = fc.record({ a: value, b: value }, { requiredKeys: [], noNullPrototype: true });
const root = fc.record(
  {
    profile: fc.record(
      { a: value, b: branch, n: value, list: fc.array(scalar, { maxLength: 2 }) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    data: fc.record({ list: fc.array(item, { maxLength: 3 }) }, { noNullPrototype: true }),
    urls: fc.constant({ open: 'https://d.example/o/1?a=1&b=2' }),
  },
  { noNullPrototype: true },
);

function rendering(given: object): Rendering {
  return beginRendering('https://d.example/c/', new Map([['https://shop.example/a?b=1', 0]]), given);
}

interface Options {
  readonly data: { readonly dear: Rendering };
  readonly fn: (context: unknown) => string;
}

/** Handlebars' own runtime on the same tree. */
function byHandlebars(source: string, html: boolean) {
  const handlebars = Handlebars.create();
  for (const [name, helper] of Object.entries(helpers)) handlebars.registerHelper(name, helper);
  const address = (text: string) => (html ? handlebars.escapeExpression(text) : text);
  handlebars.registerHelper({
    dearNeed: (given: unknown, name: string, { data }: Options) => need(given, name, data.dear),
    dearUrl: (given: unknown, name: string, { data }: Options) => address(ownUrl(given, name, data.dear)),
    dearLink(this: unknown, given: string, { data, fn }: Options) {
      return address(
        fn ? personalLink(fn(this), given, data.dear, false) : staticLink(given, data.dear, false),
      );
    },
    dearImage(this: unknown, given: string, { data, fn }: Options) {
      return address(picture(fn(this), given, data.dear, false));
    },
  });
  const template = handlebars.compile(rewriteTemplate(source, noReads()), { noEscape: !html, data: true });
  return (dear: Rendering) => template(dear.root, { data: { dear } });
}

const codes: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** By the constructor: `URL.canParse` of Node 20 refuses addresses beyond ASCII once it has been called often. */
function parsed(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** References as the characters that they stand for; half a surrogate pair as what replaces it. */
function decoded(html: string): string {
  return html
    .replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
        : (codes[name] ?? ''),
    )
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

describe('a translated template', () => {
  it.each(templates)('writes what Handlebars writes: %s', (source) => {
    for (const html of [false, true]) {
      const write = translate(rewriteTemplate(source, noReads()), html);
      const ours = (dear: Rendering) => {
        const paper = new TextPaper();
        write(dear, paper);
        return paper.text;
      };
      const theirs = byHandlebars(source, html);
      const needs = translateNeeds(rewriteTemplate(source, noReads()));
      fc.assert(
        fc.property(root, (given) => {
          const [one, other] = [rendering(given), rendering(given)];
          const [written, expected] = [ours(one), theirs(other)];
          if (html) {
            expect(written).toMatch(/^\p{ASCII}*$/u);
            expect(decoded(written)).toBe(decoded(expected));
          } else expect(written).toBe(expected);
          expect(one.missing).toBe(other.missing);
          expect(one.links).toEqual(other.links);
          const looked = rendering(given);
          needs(looked);
          expect(looked.missing).toBe(other.missing);
        }),
        { numRuns: 150 },
      );
    }
  });

  it('writes a target as the URL standard does, whatever stands in it', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '%2e',
        '/',
        '?',
        '#',
        "'",
        '"',
        '|',
        ':',
        '@',
        'a',
        'É',
        ' ',
        '\\',
        '%',
        '0x1',
        'xn--a',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const target = fc
      .tuple(fc.constantFrom('https://', 'http://', 'HTTPS://'), fc.array(part, { maxLength: 8 }))
      .map(([scheme, parts]) => `${scheme}shop.example${parts.join('')}`);
    const host = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => `https://${parts.join('.')}/x`);
    fc.assert(
      fc.property(fc.oneof(target, host), (written) => {
        const dear = rendering({});
        picture(written, 'it', dear, false);
        const url = parsed(written.trim());
        const fits = url !== undefined && url.username === '' && url.password === '';
        expect(picture(written, 'it', dear, false)).toBe(fits ? url.href : '');
      }),
      { numRuns: 2000 },
    );
  });
});
