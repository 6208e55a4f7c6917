import { describe, expect, it } from 'vitest';
import { parseLetterSource } from '../../src/content/source.ts';
import { context, letterOf, make, moduleText, plainLayout } from './workshop.ts';

const failing = (module: string, given = {}, files = {}) =>
  make(module, given, files).then(
    () => 'compiled',
    (error: unknown) => String(error),
  );

describe('compiling a variant', () => {
  it('puts slots in, escaped by their type, expressions kept', async () => {
    const { program } = await make(
      moduleText(
        '<mj-text>{{slots.a}}|{{slots.b}}</mj-text><mj-button href="{{slots.to}}">go</mj-button>',
        'slots: { a: {}, b: { type: html, default: "<b>bold</b>" }, to: { type: url } }',
      ),
      { with: `{ a: 'x < "{{profile.name}}" & y', to: 'https://shop.example/?a=1&b=2' }` },
    );
    const { html, text } = letterOf(program, context({ name: "O'Neill & <Co>" }));
    expect(html).toContain('x &lt; &quot;O&#39;Neill &amp; &lt;Co&gt;&quot; &amp; y|<b>bold</b>');
    expect(text).toContain(`x < "O'Neill & <Co>" & y|bold`);
    expect(program.links).toEqual(['https://shop.example/?a=1&b=2']);
  });

  it('settles {{#if slots.x}} and lets helpers take slots', async () => {
    const module = moduleText(
      '{{#if slots.note}}<mj-text>{{slots.note}}</mj-text>{{else}}<mj-text>none</mj-text>{{/if}}' +
        '<mj-text>{{money profile.sum slots.currency}}</mj-text>',
      'slots: { note: { default: "" }, currency: { default: GBP } }',
    );
    const { source, program } = await make(module);
    expect(source.html).not.toContain('{{#if');
    expect(letterOf(program, context({ sum: 3 })).text).toMatch(/none\r\n\r\n£3\.00/);
  });

  it('keeps blocks between elements, in HTML and in the text part', async () => {
    const module = moduleText(
      `{{#each data.orders}}<mj-text>{{product}}</mj-text>{{/each}}
       <mj-table>{{#each data.orders}}<tr><td>{{product}}</td><td>{{@index}}</td></tr>{{/each}}</mj-table>`,
      'data: { orders: { event: order } }',
    );
    const { source, program } = await make(module);
    expect(source.data).toEqual({ orders: { event: 'order', newest: 3, atLeast: 1 } });
    const { html, text } = letterOf(
      program,
      context({}, { data: { orders: [{ product: 'A&B' }, { product: 'C' }] } }),
    );
    expect(html.match(/A&amp;B/g)).toHaveLength(2);
    expect(html).not.toMatch(/\{\{|[\uE000\uE001]/);
    expect(text).toContain('A&B\r\n\r\nC\r\n\r\nA&B · 0\r\nC · 1');
  });

  it('shows a conditional module only where it appears', async () => {
    const module = moduleText('<mj-text>Hi</mj-text>');
    const extra =
      '\n      - { module: extra, when: { did: order } }\n      - { module: extra, when: { did: view } }\n';
    const { source, program } = await make(
      module,
      { with: `{}${extra}` },
      {
        'modules/extra.mjml': moduleText(
          '<mj-text>Extra {{data.o.[0].p}}</mj-text>',
          'data: { o: { event: e } }',
        ),
      },
    );
    expect(source.conditions).toEqual([
      { key: 'm-extra', when: { did: 'order' } },
      { key: 'm-extra-2', when: { did: 'view' } },
    ]);
    expect(source.data.o?.onlyFor).toEqual(['m-extra', 'm-extra-2']);
    expect(letterOf(program, context({})).text).not.toContain('Extra');
    const shown = context({}, { modules: { 'm-extra-2': true }, data: { o: [{ p: 'x' }] } });
    expect(letterOf(program, shown).text).toContain('Hi\r\n\r\nExtra x\r\n\r\nUnsubscribe');
    expect(program.missing(context({}, { modules: { 'm-extra': true } }))).toBe('data.o');
  });

  it('is the same source for the same files, and survives being stored', async () => {
    const one = await make(moduleText('<mj-text>{{profile.a}}</mj-text>'));
    const two = await make(moduleText('<mj-text>{{profile.a}}</mj-text>'));
    expect(one.source).toEqual(two.source);
    const stored: unknown = JSON.parse(JSON.stringify(one.source));
    expect(parseLetterSource(stored)).toEqual(one.source);
    expect(() => parseLetterSource({ ...one.source, subject: 'other' })).toThrow(/not what was stored/);
  });
});

describe('mistakes in templates name file and line', () => {
  const at = (line: number) => `templates/modules/block.mjml:${line}: `;
  it.each([
    ['<mj-text>{{profile.a</mj-text>', 5, /cannot be read/],
    ['<mj-text>\n{{#if profile.a}}x{{/each}}</mj-text>', 6, /if doesn't match each/],
    ['<mj-text>{{{profile.a}}}</mj-text>', 5, /always escaped/],
    ['<mj-text>{{slots.heading}}</mj-text>', 5, /no slot 'heading'/],
    ['<mj-text>\n\n{{firstName}}</mj-text>', 7, /Did you mean profile\.firstName/],
    ['<mj-text>{{profile.constructor}}</mj-text>', 5, /can never be read/],
    ['<mj-text>{{profile.a.__proto__.b}}</mj-text>', 5, /can never be read/],
    ['<mj-text>{{lookup profile "a"}}</mj-text>', 5, /no helper 'lookup'/],
    ['<mj-text>{{mony profile.a "GBP"}}</mj-text>', 5, /Did you mean 'money'/],
    ['<mj-text>{{> other}}</mj-text>', 5, /only a layout/],
    ['<mj-text>{{data.orders.[0].product}}</mj-text>', 5, /nothing says what it is/],
    ['<mj-txt>x</mj-txt>', 5, /mj-txt/],
    ['<mj-text>a</mj-text>\n<mj-text colour="red">x</mj-text>', 6, /colour/],
    ['<mj-text>never closed', 5, /mj-text> is not closed/],
    ['</mj-text>', 4, /mj-column> is not closed before <\/mj-text>/],
    ['stray words', 5, /'stray words' stands outside/],
    ['<mj-include path="/etc/passwd" />', 5, /mj-include/],
    ['<mj-text><p style="color:{{profile.a}}">x</p></mj-text>', 5, /cannot stand in the attribute style/],
    ['<mj-text><p title={{profile.a}}>x</p></mj-text>', 5, /put quotes/],
    ['<mj-text><p {{profile.a}}>x</p></mj-text>', 5, /outside of quotes/],
    ['<mj-text><{{profile.a}}>x</mj-text>', 5, /name of a tag/],
    ['<mj-text><a href="javascript:alert(1)">x</a></mj-text>', 5, /a link must lead/],
    ['<mj-text><a href="/shop">x</a></mj-text>', 5, /a link must lead/],
    ['<mj-text><a href="https://x.example/{{urls.unsubscribe}}">x</a></mj-text>', 5, /whole target/],
  ])('%s', async (inColumn, line, message) => {
    const said = await failing(moduleText(inColumn));
    expect(said).toMatch(message);
    expect(said).toContain(at(line));
  });

  it('in the front matter and in the campaign file', async () => {
    expect(await failing('---\nabout: x\nslots: { a: { type: txt } }\n---\n')).toContain(
      `${at(3)}slots.a.type`,
    );
    const module = moduleText('<mj-text>{{slots.a}}</mj-text>', 'slots: { a: {} }');
    const campaign = 'templates/campaigns/c/campaign.yaml';
    expect(await failing(module)).toContain(`${campaign}:11: the module 'block' needs its slot 'a'`);
    expect(await failing(module, { with: '{ b: x }' })).toContain(
      `${campaign}:12: the module 'block' has no slot 'b'`,
    );
    expect(await failing(module, { with: '{ a: "{{profile.x" }' })).toContain(
      `${campaign}:12: the expression`,
    );
    expect(await failing(module, { with: '{ a: x }', subject: '{{name}}' })).toContain(
      `${campaign}:8: 'name'`,
    );
    const misspelt = await failing(module, { with: '{ a: x }\n      - blok' });
    expect(misspelt).toContain(`${campaign}:13: there is no module 'blok'`);
  });

  it('in the layout: no way out, no address, no modules', async () => {
    const module = moduleText('<mj-text>x</mj-text>');
    const layout = (text: string) => failing(module, {}, { 'layouts/default.mjml': text });
    const plain = plainLayout;
    expect(await layout(plain.replace('{{urls.unsubscribe}}', 'https://x.example/'))).toMatch(
      /no visible unsubscribe/,
    );
    expect(await layout(plain.replace('>Unsubscribe<', '> <'))).toMatch(/no visible unsubscribe/);
    const conditional = plain.replace(/(<a href="{{urls.*<\/a>)/, '{{#if profile.x}}$1{{/if}}');
    expect(await layout(conditional)).toMatch(/no visible unsubscribe/);
    expect(await layout(plain.replace('{{settings.postalAddress}}', ''))).toMatch(/no postal address/);
    expect(await layout(plain.replace('{{> modules}}', ''))).toMatch(/no place for modules/);
  });
});

it('the compiled html is ASCII with CRLF line ends, but for style sheets and expressions', async () => {
  const { source, program } = await make(
    '<mj-section><mj-column><mj-text>Voilà – {{default profile.a "né 😀"}}</mj-text></mj-column></mj-section>',
  );
  expect(source.html).toContain('Voil&#224; &#8211; {{default profile.a "né 😀"}}');
  expect(source.html).not.toMatch(/[^\r]\n|\r[^\n]/);
  const letter = letterOf(program, context({}));
  expect(letter.html).toContain('n&#233; &#128512;');
  expect(letter.text).toContain('Voilà – né 😀');
});
