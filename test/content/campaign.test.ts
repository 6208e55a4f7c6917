import { describe, expect, it } from 'vitest';
import { listCampaigns, loadCampaign } from '../../src/content/campaign.ts';
import { campaignText, workshop } from './workshop.ts';

const load = async (text: string) => loadCampaign(await workshop({ 'campaigns/c/campaign.yaml': text }), 'c');

describe('a campaign file', () => {
  it('is read with its defaults', async () => {
    const campaign = await load(campaignText());
    expect(campaign).toMatchObject({
      name: 'c',
      file: 'templates/campaigns/c/campaign.yaml',
      from: { name: 'Shop', address: 'hello@shop.example' },
      validFor: 7 * 86_400_000,
      holdout: 0,
      value: 1,
    });
    expect(campaign.variants[0]).toMatchObject({ weight: 1, layout: 'default' });
    expect(campaign.lines['variants.0.subject']).toBe(8);
  });

  it.each([
    ['90m', 90 * 60_000],
    ['12h', 12 * 3_600_000],
    ['2w', 14 * 86_400_000],
  ])('takes %s as a duration', async (text, milliseconds) => {
    expect((await load(campaignText({ rest: `validFor: ${text}\nholdout: 5%` }))).validFor).toBe(
      milliseconds,
    );
  });

  it.each([
    ['validFor: soon', 5, /validFor: must be a duration/],
    ['holdout: 100%', 5, /holdout: must be a share/],
    ['topics: offers', 5, /topics is not known here/],
    ['quietHours: { from: 2100, to: "08:00" }', 5, /quietHours\.from: must be a time/],
    ['goal: [', 6, /./],
  ])('names file, path and line: %s', async (rest, line, message) => {
    const failed = await load(campaignText({ rest })).catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind: 'usage' });
    expect(String(failed)).toContain(`templates/campaigns/c/campaign.yaml:${line}: `);
    expect(String(failed)).toMatch(message);
  });

  it('refuses a From address that could break a header', async () => {
    const text = campaignText().replace(
      "'Shop <hello@shop.example>'",
      '"Shop\\r\\nBcc: x@y.example <a@b.example>"',
    );
    await expect(load(text)).rejects.toThrow(/:3: from: /);
  });

  it('refuses two variants of one name, and files outside of its folder', async () => {
    const twice = `${campaignText()}  - { name: only, subject: b, modules: [block] }\n`;
    await expect(load(twice)).rejects.toThrow(/variants: must have different names/);
    const outside = campaignText().replace('module: block', 'file: ../../secret.mjml');
    await expect(load(outside)).rejects.toThrow(/:11: .*must be a file beside the campaign/);
  });

  it('says which campaigns there are when one is unknown', async () => {
    const dir = await workshop({ 'campaigns/autumn/campaign.yaml': campaignText() });
    expect(await listCampaigns(dir)).toEqual(['autumn']);
    await expect(loadCampaign(dir, 'autum')).rejects.toMatchObject({
      code: 'campaign.unknown',
      mend: "Did you mean 'autumn'? Known: autumn.",
    });
    await expect(loadCampaign(dir, '../../etc')).rejects.toMatchObject({ code: 'campaign.unknown' });
  });
});
