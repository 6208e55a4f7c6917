import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytePaper, Fixed, type Paper, TextPaper } from '../../src/content/paper.ts';
import { programOf } from '../../src/content/program.ts';
import { sealSource } from '../../src/content/source.ts';
import { trimmedOctets, trimmedText } from '../../src/content/trim.ts';
import { context, urls } from './workshop.ts';

/** Words of every kind: halves of surrogate pairs next to each other, too. */
const words = fc.oneof(
  fc.constantFrom('', 'a', 'Ann', 'Zoë', '健太', '😀', '\ud83d', '\ude00', '\u00a0', '\r\n', '\ufeff'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const strokes = fc.array(fc.record({ fixed: fc.boolean(), words }), { maxLength: 12 });

function draw(paper: Paper, given: readonly { readonly fixed: boolean; readonly words: string }[]): void {
  for (const { fixed, words } of given) {
    if (fixed) paper.print(new Fixed(words));
    else paper.write(words);
  }
}

describe('paper for octets', () => {
  it('gives the octets of the pieces, one letter after another', () => {
    const paper = new BytePaper();
    fc.assert(
      fc.property(strokes, (given) => {
        draw(paper, given);
        const { bytes, ascii } = paper.take();
        // Own words that touch are one text, as they are in a string; fixed pieces stand for themselves.
        const runs = given.reduce<string[]>((runs, { fixed, words }, index) => {
          const touches = index > 0 && !fixed && given[index - 1]?.fixed === false;
          if (touches) runs[runs.length - 1] += words;
          else runs.push(words);
          return runs;
        }, []);
        expect(bytes.toString('hex')).toBe(
          Buffer.concat(runs.map((run) => Buffer.from(run))).toString('hex'),
        );
        expect(ascii).toBe(bytes.every((octet) => octet < 128));
      }),
      { numRuns: 3000 },
    );
  });

  it('grows for a letter that is longer than all before', () => {
    const paper = new BytePaper();
    const text = new TextPaper();
    for (const each of [paper, text]) {
      for (let index = 0; index < 3000; index += 1) {
        each.print(new Fixed(`<p>${'–'.repeat(20)}`));
        each.write(`own ${index} ü`);
      }
    }
    expect(paper.take().bytes.equals(Buffer.from(text.text))).toBe(true);
  });

  it('forgets what was not taken', () => {
    const paper = new BytePaper();
    draw(paper, [
      { fixed: true, words: 'ü' },
      { fixed: false, words: 'ü' },
    ]);
    paper.clear();
    draw(paper, [{ fixed: false, words: 'x' }]);
    expect(paper.take()).toEqual({ bytes: Buffer.from('x'), ascii: true });
  });
});

describe('a plain text in octets', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\r\n',
      '\r\n\r\n',
      '\r',
      '\n',
      ' ',
      '\t',
      'a',
      'é',
      '\u00a0',
      '\u3000',
      '\ufeff',
      '\v\f',
    ),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
  );

  it('is trimmed as one in a string is', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        const bytes = Buffer.from(text);
        const trimmed = trimmedOctets({ bytes, ascii: bytes.length === text.length });
        const expected = trimmedText(text);
        expect(trimmed.bytes.toString()).toBe(expected);
        expect(trimmed.ascii).toBe(/^\p{ASCII}*$/u.test(expected));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a printed letter', () => {
  const program = programOf(
    sealSource({
      format: 1,
      subject: 'For {{profile.name}}',
      html:
        '<p title="{{profile.name}}">{{profile.name}}</p>{{#each data.list}}<a href="{{#dearLink}}https://a.example/{{url a}}{{/dearLink}}">' +
        '{{a}}</a>{{/each}}\r\n<a href="{{dearLink "https://b.example/"}}">B</a>',
      text: '\r\n{{#if profile.more}}– {{profile.more}}\r\n{{/if}}\r\n\r\n\r\n{{profile.name}} {{#each data.list}}{{a}} {{/each}}',
      conditions: [],
      data: { list: { event: 'order', newest: 3, atLeast: 0 } },
      links: ['https://b.example/'],
    }),
  );
  const name = fc.oneof(words, fc.constantFrom('Ann & Ben', '\u00a0x\u00a0'));
  const given = fc.record({
    name,
    more: fc.option(name, { nil: undefined }),
    list: fc.array(fc.record({ a: fc.oneof(name, fc.integer()) }), { maxLength: 3 }),
  });

  it('says what the same letter in strings says, after letters that lacked something too', () => {
    const papers = { html: new BytePaper(), text: new BytePaper() };
    fc.assert(
      fc.property(given, ({ list, ...profile }) => {
        const reader = context(profile, { data: { list } });
        const rendered = program.render(reader, urls);
        const printed = program.print(reader, urls, papers);
        if (!rendered.ok || !printed.ok) {
          expect(printed).toEqual(rendered);
          return;
        }
        const { html, text, ...rest } = printed.letter;
        expect(rest).toEqual({ subject: rendered.letter.subject, links: rendered.letter.links });
        expect(html.bytes.toString()).toBe(rendered.letter.html);
        expect(text.bytes.toString()).toBe(rendered.letter.text.toWellFormed());
      }),
      { numRuns: 2000 },
    );
  });
});
