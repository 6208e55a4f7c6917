import { describe, expect, it } from 'vitest';
import { programOf } from '../../src/content/program.ts';
import { sealSource } from '../../src/content/source.ts';
import { context, letterOf, make, moduleText, urls } from './workshop.ts';

const text = (inside: string) => moduleText(`<mj-text>${inside}</mj-text>`);
const orders = 'data: { orders: { event: order, atLeast: 0 } }';

describe('a value that is missing', () => {
  it.each([
    ['{{profile.firstName}}', {}, 'profile.firstName'],
    ['{{profile.firstName}}', { firstName: '' }, 'profile.firstName'],
    ['{{profile.firstName}}', { firstName: null }, 'profile.firstName'],
    ['{{profile.firstName}}', { firstName: ' \r\n' }, 'profile.firstName'],
    ['{{profile.address.town}}', { address: {} }, 'profile.address.town'],
    ['{{upper profile.a}}', {}, 'profile.a'],
    ['{{money profile.sum profile.currency}}', { sum: 'much', currency: 'EUR' }, 'profile.sum'],
    ['{{money profile.sum profile.currency}}', { sum: 1 }, 'profile.currency'],
    ['{{default profile.a profile.b}}', {}, 'profile.a'],
    ['{{#if profile.a}}{{profile.b}}{{/if}}', { a: 1 }, 'profile.b'],
    ['<a href="{{profile.site}}">x</a>', { site: 'javascript:alert(1)' }, 'profile.site'],
    ['<a href="https://{{profile.site}}/">x</a>', { site: 'evil.example/' }, 'profile.site'],
    ['<img alt="" src="{{profile.photo}}">', { photo: 'data:text/html,x' }, 'profile.photo'],
    ['{{profile.o}}', { o: { a: 1 } }, 'profile.o'],
  ])('is named: %s %j', async (inside, profile, missing) => {
    const { program } = await make(text(inside));
    expect(program.render(context(profile), urls)).toEqual({ ok: false, missing });
    expect(program.missing(context(profile))).toBe(missing);
  });

  it.each([
    ['{{default profile.a "there"}}', {}, 'there'],
    ['{{upper (default profile.a "there")}}', {}, 'THERE'],
    ['{{default (money profile.sum "EUR") "free"}}', { sum: 'x' }, 'free'],
    ['{{#if profile.a}}{{profile.a}}{{else}}nobody{{/if}}', {}, 'nobody'],
    ['{{#unless (eq (lower profile.c) "uk")}}abroad{{/unless}}', {}, 'abroad'],
    ['{{profile.zero}}', { zero: 0 }, '0'],
    ['{{profile.no}}', { no: false }, 'false'],
    ['{{profile.tags}}', { tags: ['a', 'b'] }, 'a, b'],
    [
      '{{profile.a}}{{#each profile.tags}}<i>{{this}}{{#unless @last}},{{/unless}}</i>{{/each}}',
      { a: 'x', tags: [1, 2] },
      'x1,2',
    ],
  ])('is not, where it is guarded or there: %s', async (inside, profile, shown) => {
    const { program } = await make(text(inside));
    expect(letterOf(program, context(profile)).text).toContain(shown);
    expect(program.missing(context(profile))).toBeUndefined();
  });

  it('is named by its place in a list', async () => {
    const module = moduleText(
      '<mj-text>{{#each data.orders}}{{product}} {{profile.name}}{{/each}}</mj-text>',
      orders,
    );
    const { program } = await make(module);
    const given = (product: string, name: string) => context({ name }, { data: { orders: [{ product }] } });
    expect(program.missing(given('', 'A'))).toBe('data.orders[].product');
    expect(program.missing(given('P', ''))).toBe('profile.name');
    expect(letterOf(program, given('P', 'A')).text).toContain('P A');
    expect(program.missing(context({}))).toBeUndefined();
  });

  it('can be too few of the data, or the subject', async () => {
    const { program } = await make(
      moduleText('<mj-text>x</mj-text>', 'data: { o: { event: order, atLeast: 2 } }'),
    );
    expect(program.missing(context({}, { data: { o: [{}] } }))).toBe('data.o');
    expect(program.missing(context({}, { data: { o: [{}, {}] } }))).toBeUndefined();
    const empty = await make(text('x'), { subject: '{{#if profile.a}}Hi{{/if}}' });
    expect(empty.program.missing(context({}))).toBe('subject');
  });
});

describe('links', () => {
  const click = (index: number) => `${urls.clicks}${index}`;

  it('go through click addresses, the same in HTML and text, each target once', async () => {
    const { program } = await make(
      text(
        '<a href="https://shop.example/?a=1&amp;b={{profile.q}}">one</a> <a href=\'https://shop.example/s\'>two</a>' +
          ' <a href="https://shop.example/s">three</a> <a href="mailto:a@b.example">mail</a> <a href="#top">top</a>' +
          ' <a href="{{profile.site}}">four</a>',
      ),
    );
    const letter = letterOf(program, context({ q: 'a b&c="d', site: 'HTTPS://Me.example' }));
    expect(program.links).toEqual(['https://shop.example/s']);
    expect(letter.links).toEqual(['https://shop.example/?a=1&b=a%20b%26c%3D%22d', 'https://me.example/']);
    const hrefs = [...letter.html.matchAll(/<a href="([^"]*)"/g)].map((match) => match[1]);
    expect(hrefs).toEqual([
      click(1),
      click(0),
      click(0),
      'mailto:a@b.example',
      '#top',
      click(2),
      urls.unsubscribe,
    ]);
    expect(letter.text).toContain(
      `one <${click(1)}> two <${click(0)}> three <${click(0)}> mail <mailto:a@b.example> top four <${click(2)}>`,
    );
    expect(letter.text).toContain(`Unsubscribe <${urls.unsubscribe}>`);
  });

  it('that a value happens to repeat have one number, and sources without numbers give each letter its own', async () => {
    const inside = '<a href="{{profile.site}}">one</a> <a href="https://shop.example/s">two</a>';
    const { program, source } = await make(text(inside));
    const reader = context({ site: 'https://shop.example/s' });
    expect(letterOf(program, reader).links).toEqual([]);
    const { hash: _hash, links: _links, ...parts } = source;
    const earlier = programOf(sealSource(parts));
    expect(letterOf(earlier, reader).links).toEqual(['https://shop.example/s']);
    expect(letterOf(earlier, reader).html).toBe(letterOf(program, reader).html);
  });

  it('carry one picture that tells of an open', async () => {
    const { html } = letterOf((await make(text('x'))).program, context({}));
    expect(
      html.match(/<img src="https:\/\/mail\.example\/o\/T\?a=1&amp;b=2"[^>]*>\s*<\/body>/g),
    ).toHaveLength(1);
  });

  it('inside a block in the target take the branch that holds', async () => {
    const inside =
      '<a href="{{#if profile.a}}https://a.example/{{profile.a}}{{else}}https://b.example{{/if}}">x</a>';
    const { program } = await make(text(inside));
    expect(letterOf(program, context({ a: '1/2' })).links).toEqual(['https://a.example/1%2F2']);
    expect(letterOf(program, context({})).links).toEqual(['https://b.example/']);
  });
});

describe('subject and preheader', () => {
  it('are not escaped twice, and stay on their line', async () => {
    const { program } = await make(text('x'), {
      subject: "{{profile.a}}'s & more",
      preheader: 'For {{profile.a}}',
    });
    const letter = letterOf(program, context({ a: 'A&B\r\nBcc: x@y.example' }));
    expect(letter.subject).toBe("A&B Bcc: x@y.example's & more");
    expect(letter.html).toContain('>For A&amp;B Bcc: x@y.example</div>');
    expect(letter.html).toContain('<title>A&amp;B Bcc: x@y.example&#39;s &amp; more</title>');
    expect(letter.text).not.toContain('For A');
  });
});

describe('pick', () => {
  it('keeps what the letter can read and nothing else', async () => {
    const module = moduleText(
      '<mj-text>{{profile.a}}{{#each data.orders}}{{product}}{{/each}}{{#if profile.list}}!{{/if}}</mj-text>',
      orders,
    );
    const { program } = await make(module);
    const given = context(
      { a: 1, b: 2, email: 'x@y.example', list: [{ secret: 1 }] },
      {
        data: { orders: [{ product: 'p', invoice: 'i' }], other: [] },
        modules: { m: true },
        settings: { s: 't' },
      },
    );
    const picked = program.pick(given);
    expect(picked).toEqual({
      profile: { a: 1, list: [null] },
      data: { orders: [{ product: 'p' }] },
      modules: {},
      settings: {},
    });
    expect(program.render(picked, urls)).toEqual(program.render(given, urls));
  });
});
