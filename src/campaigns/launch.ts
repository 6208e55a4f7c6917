import type { CampaignDefinition } from '../content/campaign.ts';
import { type LetterSource, sealSource } from '../content/source.ts';
import { DearError } from '../errors.ts';
import { type Frequency, readFrequency } from '../profiles/preferences.ts';
import { describeRule } from '../segments/describe.ts';
import { parseRule, type ResolvedRule, type Rule } from '../segments/rule.ts';
import type { NewText, Run, RunStore } from './port.ts';
import type { RunPlan } from './run-plan.ts';

/** What making a campaign's letters needs. */
export interface TextDeps {
  /** Saved segments put in the place of references to them. */
  resolve(rule: Rule): Promise<ResolvedRule>;
  compile(campaign: CampaignDefinition): Promise<CompiledVariant[]>;
}

interface CompiledVariant {
  readonly name: string;
  readonly weight: number;
  readonly source: LetterSource;
}

/** What launching needs. */
export interface LaunchDeps extends TextDeps {
  readonly runs: Pick<RunStore, 'create' | 'newest'>;
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
  const variants = await frozenVariants(deps, campaign);
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
    settings: settingsOf(campaign),
    variants: variants.map(({ name, weight, source }) => ({ name, weight, sourceHash: source.hash })),
  };
  const sources = new Map(variants.map(({ source }) => [source.hash, source]));
  return deps.runs.create({ plan, createdAt: now, validUntil: now + campaign.validFor, sources });
}

/**
 * The letters of every variant as they are to stay.
 * @throws whatever is wrong with the campaign's files
 */
async function frozenVariants(deps: TextDeps, campaign: CampaignDefinition): Promise<CompiledVariant[]> {
  const compiled = await deps.compile(campaign);
  return Promise.all(
    compiled.map(async (one) => ({
      ...one,
      source: await withFrozenConditions(deps, one.source, campaign.file),
    })),
  );
}

function settingsOf({ settings }: CampaignDefinition): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
}

/**
 * The text of a campaign as its files say it now, for letters of a run that have not left. Whom they are for, from
 * whom, about what and until when stays as it was launched.
 * @throws DearError `campaign.frozen` when the files name another sender or topic, and whatever else is wrong with them
 */
export async function newText(deps: TextDeps, campaign: CampaignDefinition, plan: RunPlan): Promise<NewText> {
  const { from } = campaign;
  const isSame = from.address === plan.from.address && from.name === (plan.from.name ?? '');
  if (!isSame) throw frozen(campaign, 'sender', `'${plan.from.name ?? ''} <${plan.from.address}>'`);
  if (campaign.topic !== plan.topic) throw frozen(campaign, 'topic', `'${plan.topic}'`);
  const variants = await frozenVariants(deps, campaign);
  return {
    hashes: new Map(variants.map(({ name, source }) => [name, source.hash])),
    settings: settingsOf(campaign),
    sources: new Map(variants.map(({ source }) => [source.hash, source])),
  };
}

function frozen({ name, file }: CampaignDefinition, what: string, before: string): DearError {
  return new DearError('campaign.frozen', `${file} names another ${what} than '${name}' was launched with.`, {
    kind: 'usage',
    mend: `Letters that wait can have another text, but their ${what} stays ${before}: write that again, or cancel the campaign and launch it anew.`,
  });
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

async function resolveSegment(deps: TextDeps, campaign: CampaignDefinition): Promise<ResolvedRule> {
  const { segment, file } = campaign;
  return deps.resolve(typeof segment === 'string' ? { segment } : parseRule(segment, `${file}: segment`));
}

/** A module's condition may refer to saved segments, which may change: the run keeps what they say now. */
async function withFrozenConditions(
  deps: TextDeps,
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
