import { describe, expect, it, test } from 'vitest';
import { checkCampaign } from '../../src/content/check.ts';
import { traitNames } from '../../src/segments/trait-words.ts';
import { campaignText, context, letterOf, make, moduleText, urls, workshop } from './workshop.ts';

async function problemsOf(inModule: string): Promise<string[]> {
  const dir = await workshop({
    'modules/block.mjml': moduleText(`<mj-text>${inModule}</mj-text>`),
    'campaigns/c/campaign.yaml': campaignText({ preheader: 'x' }),
  });
  const problems = await checkCampaign(dir, 'c');
  return problems.map(({ level, line, message, mend }) =>
    `${level} ${line} ${message}. ${mend ?? ''}`.trim(),
  );
}

const traits = { orders: 3, orderTotal: 1204.5, lastOrder: Date.UTC(2026, 8, 30), stage: 'loyal' };

describe('traits in letters', () => {
  it('are shown, tested and handed to helpers', async () => {
    const { program } = await make(
      moduleText(`<mj-text>{{traits.orders}} orders, {{money traits.orderTotal "EUR"}}, last on {{date traits.lastOrder}}
        {{#if (gt traits.orders 2)}}thank you{{/if}}{{#if (eq traits.stage "loyal")}}, {{title traits.stage}}{{/if}}
        {{#each data.seen}}{{product}} of {{date at}} for order {{traits.orders}};{{/each}}</mj-text>`),
      {
        subject: 'Order number {{default traits.orders "one"}}',
        rest: 'data: { seen: { event: view } }',
      },
    );
    expect([...program.traits].sort()).toEqual(['lastOrder', 'orderTotal', 'orders', 'stage']);
    const given = context(
      {},
      { traits: { ...traits, opens30: 7 }, data: { seen: [{ product: 'Jug', at: Date.UTC(2026, 10, 2) }] } },
    );
    const letter = letterOf(program, given);
    expect(letter.subject).toBe('Order number 3');
    expect(letter.text).toContain('3 orders, €1,204.50, last on 30 September 2026');
    expect(letter.text).toMatch(/thank you, Loyal/);
    expect(letter.text).toContain('Jug of 2 November 2026 for order 3;');
    expect(program.pick(given).traits).toEqual(traits);
    expect(letterOf(program, program.pick(given))).toEqual(letter);
  });

  it('that are shown are needed', async () => {
    const { program } = await make(moduleText('<mj-text>{{date traits.lastOrder}}</mj-text>'));
    const without = context({}, { traits: { orders: 0, stage: 'prospect' } });
    expect(program.render(without, urls)).toEqual({ ok: false, missing: 'traits.lastOrder' });
    expect(program.missing(without)).toBe('traits.lastOrder');
    expect(program.missing(context({}))).toBe('traits.lastOrder');
    const careful = await make(
      moduleText('<mj-text>{{#if traits.lastOrder}}{{date traits.lastOrder}}{{else}}never{{/if}}</mj-text>'),
    );
    expect(letterOf(careful.program, without).text).toContain('never');
    const none = await make(moduleText('<mj-text>{{traits.orders}}</mj-text>'));
    expect(letterOf(none.program, without).text).toContain('0');
  });

  it('are not asked for by letters that read none', async () => {
    const { program } = await make(moduleText('<mj-text>{{profile.firstName}}</mj-text>'));
    expect(program.traits).toEqual([]);
    expect(program.pick(context({ firstName: 'Ann' })).traits).toBeUndefined();
  });

  test.each([...traitNames])('the check knows %s', async (name) => {
    expect(await problemsOf(`{{#if traits.${name}}}x{{/if}} {{default (upper traits.stage) "x"}}`)).toEqual(
      [],
    );
  });

  test.each([
    ['{{traits.orderz}}', "there is no trait 'orderz'", 'orders'],
    ['{{traits.constructor}}', "'constructor' can never be read", ''],
    ['{{traits}}', "'traits' names everything at once", ''],
    ['{{traits.orders.first}}', 'traits.orders is a number and holds nothing', ''],
    ['{{traits.lastOrder}}', 'shows as a long number', '{{date traits.lastOrder}}'],
    ['{{date traits.orders}}', 'date cannot take traits.orders, which is a number, not a moment', ''],
    ['{{money traits.stage "EUR"}}', 'money cannot take traits.stage, which is a word, not a number', ''],
    ['{{number traits.firstOrder}}', 'number cannot take traits.firstOrder', '{{date traits.firstOrder}}'],
    ['{{#each traits.orders}}x{{/each}}', 'each cannot take traits.orders', ''],
  ])('the check finds what is wrong with %s', async (text, message, mend) => {
    const [problem, ...more] = await problemsOf(text);
    expect(problem).toMatch(/^error \d+ /);
    expect(problem).toContain(message);
    expect(problem).toContain(mend);
    expect(more).toEqual([]);
  });
});
