import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listCampaigns, loadCampaign } from '../../src/content/campaign.ts';
import { checkCampaign } from '../../src/content/check.ts';
import { compileVariant } from '../../src/content/compile.ts';
import { programOf } from '../../src/content/program.ts';
import { campaignText, context, letterOf, moduleText, urls, workshop } from './workshop.ts';

describe('checking a campaign', () => {
  it('finds everything at once, errors first', async () => {
    const dir = await workshop({
      'modules/block.mjml': moduleText(
        '<mj-image src="https://x.example/a.png" /><mj-text>{{slots.a}} {{settings.tel}} {{data.nothing}}</mj-text>',
        'slots: { a: {} }',
      ),
      'campaigns/c/campaign.yaml': campaignText({
        subject:
          'A subject that goes on for {{profile.firstName}} well beyond what anybody sees in a list of mails',
        with: '{ b: x }\n        when: { did: order, atLeast: many }\n      - missing-module',
        rest: 'segment2: x',
      }).replace('segment2: x', 'data: { unused: { event: order } }'),
    });
    const problems = await checkCampaign(dir, 'c');
    expect(problems.map(({ level, code, line }) => `${level} ${code} ${line}`).sort()).toEqual([
      'error data.unknown 5',
      'error module.unknown 14',
      'error segment.rule 13',
      'error slot.missing 11',
      'error slot.unknown 12',
      'warning data.unused 5',
      'warning image.no-alt 5',
      'warning preheader.none 7',
      'warning setting.unset 7',
      'warning subject.long 8',
    ]);
    expect(problems.map(({ level }) => level).join()).toMatch(/^(error,)+(warning,?)+$/);
  });

  it('answers with one problem where the file cannot be read', async () => {
    const dir = await workshop({ 'campaigns/c/campaign.yaml': 'segment: [' });
    expect(await checkCampaign(dir, 'c')).toMatchObject([{ level: 'error', code: 'yaml.syntax' }]);
    expect(await checkCampaign(dir, 'd')).toMatchObject([{ level: 'error', code: 'campaign.unknown' }]);
  });
});

describe('the templates that come with Dear', async () => {
  const dir = fileURLToPath(new URL('../../templates', import.meta.url));
  const reader = context(
    { firstName: 'Ann' },
    {
      data: {
        lastProducts: [
          { product: 'OAK TRAY', category: 'Kitchen', quantity: 2, price: 12.5, currency: 'EUR' },
        ],
      },
    },
  );

  it.each(await listCampaigns(dir))('%s has no problem', async (name) => {
    expect(await checkCampaign(dir, name)).toEqual([]);
  });

  it.each(['autumn-thanks', 'repeat-buyers-september'])(
    '%s shows each reader what they bought',
    async (name) => {
      const campaign = await loadCampaign(dir, name);
      for (const variant of campaign.variants) {
        const program = programOf(await compileVariant(dir, campaign, variant.name));
        const { html, text } = letterOf(program, reader);
        expect(html).toContain('Oak Tray');
        expect(text).toContain('Oak Tray · 2 × €12.50');
        expect(text).toContain(`Unsubscribe <${urls.unsubscribe}>`);
        expect(program.missing(context({ firstName: 'Ann' }))).toBe('data.lastProducts');
      }
    },
  );

  it('need no name where the shop knows none', async () => {
    const campaign = await loadCampaign(dir, 'repeat-buyers-september');
    for (const { name } of campaign.variants) {
      const program = programOf(await compileVariant(dir, campaign, name));
      const order = { product: 'WHITE HANGING HEART', quantity: 6, price: 2.55, invoice: '536365' };
      const { text } = letterOf(program, context({ country: 'France' }, { data: { lastProducts: [order] } }));
      expect(text).toContain('White Hanging Heart · 6 × £2.55');
    }
  });
});
