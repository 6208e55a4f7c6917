import { inwardSource } from '../profiles/sources.ts';
import type { Happening } from './texts/shape-data.ts';
import type { Texts } from './texts/texts.ts';

/** A word of ours in the language of the page; what is not in the list is named as it is. */
export function told(words: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(words, name) ? words[name] : undefined) ?? name;
}

/** Why an address is not written to. */
export const suppressionIn = ({ data }: Texts, reason: string): string => told(data.suppressions, reason);

const CONFIRMED = ', confirmed';
const SIGN_UP = 'sign-up: ';

/** Where a consent comes from. Which file or key it was is not for the customer. */
export function sourceIn(texts: Texts, source: string): string {
  const { data: say } = texts;
  if (source.endsWith(CONFIRMED)) return say.confirmed(sourceIn(texts, source.slice(0, -CONFIRMED.length)));
  if (source.startsWith(SIGN_UP)) return say.signUpAt(source.slice(SIGN_UP.length));
  switch (inwardSource(source)) {
    case 'import':
      return say.imported;
    case 'api':
      return say.otherSystem;
    case 'staff':
      return say.staff;
    default:
      return told(say.sources, source);
  }
}

/** Properties of events that the sentence about them tells, or that say nothing to the customer. */
export const knownProperties: readonly string[] = [
  'campaign',
  'run',
  'send',
  'variant',
  'link',
  'url',
  'how',
];

/** What happened, said to the person whom it happened to. Types that we do not know are named as they are. */
export function happened(type: string, properties: Readonly<Record<string, unknown>>, texts: Texts): string {
  const { data: say, quote } = texts;
  const sentences: Readonly<Record<string, (it: Happening) => string>> = say.happened;
  const sentence = Object.hasOwn(sentences, type) ? sentences[type] : undefined;
  if (sentence === undefined) return `${type}.`;
  const campaign = word(properties.campaign);
  const how = word(properties.how);
  return sentence({
    campaign: campaign && quote(campaign),
    url: word(properties.url),
    how: how && told(say.sources, how),
  });
}

const word = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
