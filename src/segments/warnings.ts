import { closest } from '../profiles/closest.ts';
import { ownEventTypes } from '../profiles/event-key.ts';
import type { ResolvedRule } from './rule.ts';
import { isTraitName } from './trait-words.ts';
import { type Words, wordsOf } from './words.ts';

/** What the database knows of the words that rules use. None of it reads all events. */
export interface WordStore {
  /** Whether no profile is stored yet. */
  isEmpty(): Promise<boolean>;
  /** Those of some names that no profile has an attribute of. */
  attributesMissing(names: readonly string[]): Promise<string[]>;
  /** Names of attributes of some thousand profiles, old ones and new ones. */
  attributeNames(): Promise<string[]>;
  /** The types of all events. */
  eventTypes(): Promise<string[]>;
  /** The names of properties that the newest events of a type have. */
  propertiesOf(type: string): Promise<KnownProperties>;
}

export interface KnownProperties {
  /** How many events were looked at, and whether these are all. */
  readonly looked: number;
  readonly isAll: boolean;
  readonly names: readonly string[];
}

/** Campaigns that were launched, or have a file. */
export interface CampaignBook {
  names(): Promise<readonly string[]>;
  /** undefined when there is no such campaign. */
  variantsOf(name: string): Promise<readonly string[] | undefined>;
}

/** A word of a rule that nothing has, and most likely is misspelt; or a date that is compared as a text. */
export interface Warning {
  readonly about: 'attribute' | 'event' | 'property' | 'campaign' | 'variant' | 'date';
  readonly word: string;
  /** What was most likely meant. */
  readonly guess: string | undefined;
  readonly message: string;
}

export interface WarningDeps {
  readonly words: WordStore;
  readonly campaigns: CampaignBook;
}

/** Of so many words of a kind it is looked up whether anything has them. */
const MOST = 10;

/**
 * Warns of words in a rule that no customer, event or campaign has: such a rule picks nobody, or everybody, and is
 * correct all the same. Also of dates that it compares as texts. While no customer is stored at all it says nothing.
 */
export async function warningsAbout(rule: ResolvedRule, deps: WarningDeps): Promise<Warning[]> {
  if (await deps.words.isEmpty()) return [];
  const words = wordsOf(rule);
  return [
    ...(await attributeWarnings(words, deps.words)),
    ...(await eventWarnings(words, deps.words)),
    ...(await letterWarnings(words, deps.campaigns)),
    ...dateWarnings(words),
  ];
}

async function attributeWarnings({ attributes }: Words, words: WordStore): Promise<Warning[]> {
  if (attributes.size === 0) return [];
  const known = await words.attributeNames();
  const rest = [...attributes].filter((name) => !known.includes(name));
  const missing = await words.attributesMissing(rest.slice(0, MOST));
  return missing.map((name) => {
    const message = `No customer has the attribute ${quoted(name)}.`;
    if (!isTraitName(name)) return warning('attribute', name, known, message);
    const mend = ` It is a trait: write { "trait": "${name}", … }.`;
    return { about: 'attribute', word: name, guess: undefined, message: message + mend };
  });
}

async function eventWarnings({ events }: Words, words: WordStore): Promise<Warning[]> {
  if (events.size === 0) return [];
  const stored = await words.eventTypes();
  const warnings = typeWarnings(events.keys(), stored);
  const asked = [...events].filter(([type, { size }]) => size > 0 && stored.includes(type));
  for (const [type, properties] of asked.slice(0, MOST)) {
    warnings.push(...propertyWarnings(type, properties, await words.propertiesOf(type)));
  }
  return warnings;
}

function typeWarnings(
  types: Iterable<string>,
  stored: readonly string[],
  others: readonly string[] = [],
): Warning[] {
  // What Dear itself makes happen may be still to come, and is spelt right.
  const known = [...stored, ...ownEventTypes];
  return [...types]
    .filter((type) => !known.includes(type))
    .slice(0, MOST)
    .map((type) =>
      warning('event', type, [...known, ...others], `No event of the type ${quoted(type)} is stored.`),
    );
}

/**
 * Warns of types in a setting that no event has and that are near another. One that is near none may be still to come,
 * or gone. `others` are words that may have been meant as well. While no customer is stored at all it says nothing.
 */
export async function warningsAboutTypes(
  types: readonly string[],
  words: Pick<WordStore, 'isEmpty' | 'eventTypes'>,
  others: readonly string[] = [],
): Promise<Warning[]> {
  if (types.length === 0 || (await words.isEmpty())) return [];
  const warnings = typeWarnings(types, await words.eventTypes(), others);
  return warnings.filter(({ guess }) => guess !== undefined);
}

function propertyWarnings(type: string, asked: ReadonlySet<string>, known: KnownProperties): Warning[] {
  const { names, isAll, looked } = known;
  const who = isAll ? 'No event' : `None of the newest ${count.format(looked)} events`;
  return [...asked]
    .filter((name) => !names.includes(name))
    .slice(0, MOST)
    .map((name) =>
      warning('property', name, names, `${who} ${quoted(type)} has the property ${quoted(name)}.`),
    );
}

async function letterWarnings({ letters }: Words, book: CampaignBook): Promise<Warning[]> {
  const warnings = new Map<string, Warning>();
  for (const { campaign, variant } of letters.slice(0, MOST)) {
    const found = await letterWarning(campaign, variant, book);
    if (found !== undefined) warnings.set(found.message, found);
  }
  return [...warnings.values()];
}

async function letterWarning(
  campaign: string | undefined,
  variant: string | undefined,
  book: CampaignBook,
): Promise<Warning | undefined> {
  if (campaign === undefined) {
    if (variant === undefined) return undefined;
    const all = await Promise.all((await book.names()).map(book.variantsOf));
    const known = all.flatMap((variants) => variants ?? []);
    if (known.includes(variant)) return undefined;
    return warning('variant', variant, known, `No campaign has a variant ${quoted(variant)}.`);
  }
  const variants = await book.variantsOf(campaign);
  if (variants === undefined) {
    return warning('campaign', campaign, await book.names(), `There is no campaign ${quoted(campaign)}.`);
  }
  if (variant === undefined || variants.includes(variant)) return undefined;
  const message = `The campaign ${quoted(campaign)} has no variant ${quoted(variant)}.`;
  return warning('variant', variant, variants, message);
}

function dateWarnings({ dates }: Words): Warning[] {
  const once = new Map(dates.map((date) => [JSON.stringify(date), date]));
  return [...once.values()].slice(0, MOST).map(({ name, operator }) => ({
    about: 'date',
    word: name,
    guess: undefined,
    message:
      `${quoted(name)}: ‘${operator}’ compares dates as texts, letter by letter. ` +
      'To compare moments write before, after, between, within or during.',
  }));
}

function warning(about: Warning['about'], word: string, known: readonly string[], message: string): Warning {
  const guess = closest(word, known);
  return {
    about,
    word,
    guess,
    message: guess === undefined ? message : `${message} Did you mean ${quoted(guess)}?`,
  };
}

const count = new Intl.NumberFormat('en');
const quoted = (word: string) => `‘${word.length > 60 ? `${word.slice(0, 60)}…` : word}’`;
