import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/content/markup.ts';
import type { LetterContext, LetterProgram } from '../../src/content/program.ts';
import { context, letterOf, make, moduleText, urls } from './workshop.ts';

/** Everything a customer's value can stand in: text, attributes, addresses, lists, helpers, comments. */
const everywhere = `
<mj-text>{{profile.a}} <b title="{{profile.a}}" class='{{profile.b}}'>{{upper profile.b}}</b><!-- {{profile.a}} -->
  <!--[if mso]><i title="{{profile.a}}">{{profile.b}}</i><![endif]--></mj-text>
<mj-text><a href="https://shop.example/{{profile.a}}/x?b={{profile.b}}#{{profile.a}}">{{profile.b}}</a></mj-text>
<mj-button href="https://shop.example/?q={{profile.b}}">{{title profile.a}}</mj-button>
{{#if profile.site}}<mj-text><a href="{{profile.site}}">own</a></mj-text>{{/if}}
{{#each data.orders}}<mj-text>{{product}} {{../profile.a}} {{default note "none"}}</mj-text>{{/each}}
<mj-table>{{#each data.orders}}<tr><td>{{product}}</td><td>{{number quantity}}</td></tr>{{/each}}</mj-table>`;

const pieces = [
  '<script>alert(1)</script>',
  '</td></tr></table><img src=x onerror=alert(1)>',
  '"><b onmouseover="x',
  "' onfocus='x",
  '-->',
  '--!>',
  '<![endif]-->',
  ']]>',
  '{{profile.b}}',
  '{{{profile.b}}}',
  '{{#each profile}}{{this}}{{/each}}',
  '{{constructor.constructor "return process"}}',
  '__proto__',
  'constructor',
  '\r\nBcc: victim@x.example',
  '\n\n\nUnsubscribe <https://evil.example>',
  '\u2028',
  '\u202eevil',
  '\u0000',
  '\ud800',
  '&lt;b&gt;',
  '&#10;',
  'javascript:alert(1)',
  'https://evil.example/',
  '//evil.example',
  '@evil.example',
  '../..',
  '?x=1&y=2#z',
  '\uE0000\uE001',
  '$&',
  '%0d%0a',
];

const value = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 4 })
  .map((parts) => `v${parts.join('')}`);

const json = fc.oneof(value, fc.jsonValue({ maxDepth: 2 }));

const anyContext = fc.record({
  profile: fc.record(
    { a: json, b: json, site: fc.oneof(value, fc.webUrl(), json), secret: value },
    { requiredKeys: [] },
  ),
  data: fc.record({
    orders: fc.array(
      fc.record({ product: json, quantity: json, note: json, secret: value }, { requiredKeys: ['product'] }),
      {
        maxLength: 3,
      },
    ),
  }),
});

let program: LetterProgram;

beforeAll(async () => {
  const made = await make(moduleText(everywhere, 'data: { orders: { event: order, atLeast: 0 } }'), {
    subject: 'For {{profile.a}}, {{profile.b}}',
    preheader: '{{profile.b}} {{profile.a}}',
  });
  program = made.program;
});

/** Tags and names of attributes: what hostile values must not be able to change. Comments count by what they are. */
function structure(html: string): string[] {
  return scan(html).flatMap((piece) => {
    if (piece.kind === 'comment')
      return piece.text.startsWith('[if') ? ['<!--', ...structure(piece.text)] : ['<!--'];
    return [`${piece.kind} ${piece.name} ${piece.attributes.map(({ name }) => name).join(' ')}`];
  });
}

const withValues = (a: string, b: string): LetterContext =>
  context(
    { a, b },
    {
      data: {
        orders: [
          { product: a, quantity: 2, note: b },
          { product: b, quantity: '3' },
        ],
      },
    },
  );

describe("customers' values", () => {
  it('never break out of their place', () => {
    const plain = letterOf(program, withValues('va', 'vb'));
    const tags = structure(plain.html);
    const lines = plain.text.split('\n').length;
    fc.assert(
      fc.property(value, value, (a, b) => {
        const letter = letterOf(program, withValues(a, b));
        expect(structure(letter.html)).toEqual(tags);
        expect(letter.text.split('\n').length).toBe(lines);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(letter.subject).not.toMatch(/[\u0000-\u001f\u007f\u2028\u2029]/);
        expect(letter.links.every((link) => link.startsWith('https://shop.example/'))).toBe(true);
        expect(letter.links.every((link) => new URL(link).host === 'shop.example')).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('are never run as templates', () => {
    const letter = letterOf(program, withValues('v{{profile.b}}{{{profile.b}}}{{#if 1}}', 'secret'));
    expect(letter.subject).toBe('For v{{profile.b}}{{{profile.b}}}{{#if 1}}, secret');
    expect(letter.text).toContain('v{{profile.b}}{{{profile.b}}}{{#if 1}}');
  });

  it('lead only where a link may lead', () => {
    fc.assert(
      fc.property(
        fc.oneof(value, fc.webUrl(), fc.constantFrom('JaVaScRiPt:1', ' data:x', 'https://a@b.example')),
        (site) => {
          const given = withValues('va', 'vb');
          const result = program.render({ ...given, profile: { ...given.profile, site } }, urls);
          if (!result.ok) expect(result.missing).toBe('profile.site');
          else expect(result.letter.links.every((link) => /^https?:\/\/[^\s"<>]+$/.test(link))).toBe(true);
        },
      ),
    );
  });

  it('of any kind end in a letter or in the name of what is missing, and pick loses nothing', () => {
    fc.assert(
      fc.property(anyContext, (given) => {
        const full = context(given.profile, { data: given.data });
        const result = program.render(full, urls);
        const picked = program.pick(full);
        expect(program.render(picked, urls)).toEqual(result);
        const stored = JSON.parse(JSON.stringify(picked)) as LetterContext;
        expect(program.render(stored, urls)).toEqual(result);
        expect(program.missing(full)).toBe(result.ok ? undefined : result.missing);
        expect(JSON.stringify(picked)).not.toContain('"secret"');
      }),
      { numRuns: 300 },
    );
  });

  it('keep names of properties on their line too', async () => {
    const module = moduleText('<mj-text>{{#each profile.sizes}}{{@key}}: {{this}} {{/each}}</mj-text>');
    const { program: made } = await make(module, { subject: '{{#each profile.sizes}}{{@key}}{{/each}}' });
    const letter = letterOf(made, context({ sizes: { 'shoe\r\n.\r\nMAIL\n\u2028': '42' } }));
    for (const part of [letter.html, letter.text]) {
      expect(part).toMatch(/shoe \. MAIL +: 42/);
      expect(part).not.toMatch(/[^\r]\n|\r[^\n]/);
    }
    expect(letter.subject).toBe('shoe . MAIL');
  });

  it('cannot reach prototypes, however they are named', () => {
    const profile: unknown = JSON.parse('{"a":"x","b":"y","__proto__":{"polluted":"yes"},"constructor":"z"}');
    const given = context(profile as Record<string, unknown>);
    const picked = program.pick(given);
    expect(Object.getPrototypeOf(picked.profile)).toBe(Object.prototype);
    expect(Object.keys(picked.profile)).toEqual(['a', 'b']);
    expect(program.render(given, urls).ok).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
