import type { CampaignDefinition } from '../content/campaign.ts';
import { type LetterSource, sealSource } from '../content/source.ts';
import { DearError } from '../errors.ts';
import { type Frequency, readFrequency } from '../profiles/preferences.ts';
import { describeRule } from '../segments/describe.ts';
import { parseRule, type ResolvedRule, type Rule } from '../segments/rule.ts';
import type { Run, RunStore } from './port.ts';
import type { RunPlan } from './run-plan.ts';

/** What launching needs. */
export interface LaunchDeps {
  readonly runs: Pick<RunStore, 'create' | 'newest'>;
  /** Saved segments put in the place of references to them. */
  resolve(rule: Rule): Promise<ResolvedRule>;
  compile(campaign: CampaignDefinition): Promise<{ name: string; weight: number; source: LetterSource }[]>;
  readonly publicUrl: string;
  readonly replyDomain: string | undefined;
  readonly defaultFrequency: string;
  readonly timeZone: string;
  clock(): number;
}

/**
 * Turns a campaign file into a run whose terms are frozen. Nothing is stored when the campaign cannot be sent
 * as it stands: unknown segment, module or layout, broken template.
 * @param again allows a new run although the campaign was launched before
 * @throws DearError `campaign.launched` when it was launched before, and whatever is wrong with its files
 */
export async function launch(deps: LaunchDeps, campaign: CampaignDefinition, again: boolean): Promise<Run> {
  await refuseSecondRun(deps, campaign.name, again);
  const rule = await resolveSegment(deps, campaign);
  const compiled = await deps.compile(campaign);
  const variants = await Promise.all(
    compiled.map(async (one) => ({
      ...one,
      source: await withFrozenConditions(deps, one.source, campaign.file),
    })),
  );
  const now = deps.clock();
  const plan: RunPlan = {
    campaign: campaign.name,
    about: campaign.about,
    topic: campaign.topic,
    from: { ...(campaign.from.name ? { name: campaign.from.name } : {}), address: campaign.from.address },
    replyDomain: deps.replyDomain ?? campaign.from.address.slice(campaign.from.address.lastIndexOf('@') + 1),
    publicUrl: deps.publicUrl,
    segment: { rule, inWords: inWords(campaign, rule) },
    asOf: now,
    holdout: campaign.holdout,
    value: campaign.value,
    ...(campaign.important ? { important: true } : {}),
    ...quiet(campaign.quietHours),
    ...limit(readFrequency(deps.defaultFrequency)),
    timeZone: deps.timeZone,
    settings: Object.fromEntries(
      Object.entries(campaign.settings).map(([key, value]) => [key, String(value)]),
    ),
    variants: variants.map(({ name, weight, source }) => ({ name, weight, sourceHash: source.hash })),
  };
  const sources = new Map(variants.map(({ source }) => [source.hash, source]));
  return deps.runs.create({ plan, createdAt: now, validUntil: now + campaign.validFor, sources });
}

async function refuseSecondRun(deps: LaunchDeps, name: string, again: boolean): Promise<void> {
  const last = await deps.runs.newest(name);
  if (last === undefined) return;
  const active = last.state !== 'finished' && last.state !== 'cancelled';
  if (!active && again) return;
  const since = new Date(last.createdAt).toISOString().slice(0, 16).replace('T', ' ');
  throw new DearError(
    'campaign.launched',
    `The campaign '${name}' was launched on ${since} UTC and is ${last.state}.`,
    {
      kind: 'usage',
      mend: active
        ? `See \`dear campaign status ${name}\`; \`dear campaign cancel ${name}\` ends it.`
        : `Add --again to launch it once more: everyone of its segment may then get another letter.`,
    },
  );
}

async function resolveSegment(deps: LaunchDeps, campaign: CampaignDefinition): Promise<ResolvedRule> {
  const { segment, file } = campaign;
  return deps.resolve(typeof segment === 'string' ? { segment } : parseRule(segment, `${file}: segment`));
}

/** A module's condition may refer to saved segments, which may change: the run keeps what they say now. */
async function withFrozenConditions(
  deps: LaunchDeps,
  source: LetterSource,
  file: string,
): Promise<LetterSource> {
  const { hash: _hash, ...parts } = source;
  const freeze = async ({ key, when }: LetterSource['conditions'][number]) => ({
    key,
    when: await deps.resolve(parseRule(when, `${file}: module ${key}: when`)),
  });
  return sealSource({ ...parts, conditions: await Promise.all(source.conditions.map(freeze)) });
}

function inWords({ segment }: CampaignDefinition, rule: ResolvedRule): string {
  return typeof segment === 'string' ? `'${segment}' (${describeRule(rule)})` : `(${describeRule(rule)})`;
}

/** '21:00' → 1260 minutes. */
const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function quiet(hours: { from: string; to: string } | undefined): Pick<RunPlan, 'quietHours'> {
  return hours === undefined ? {} : { quietHours: { from: minutes(hours.from), to: minutes(hours.to) } };
}

function limit(frequency: Frequency | undefined): Pick<RunPlan, 'frequency'> {
  return frequency === undefined ? {} : { frequency };
}
