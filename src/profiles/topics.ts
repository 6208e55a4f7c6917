import { DearError } from '../errors.ts';
import { closest } from './closest.ts';
import { languageAmong } from './languages.ts';

/** What customers read of a topic, in one language. */
export interface TopicTexts {
  /** The topic's name when the file does not say. */
  readonly title: string;
  readonly about: string | undefined;
  /** The words that somebody agrees to who opts in; kept with each consent. */
  readonly wording: string | undefined;
}

/** What a profile can opt in to, as `templates/topics.yaml` introduces it to customers. */
export interface Topic extends TopicTexts {
  readonly name: string;
  /** The same in other languages, by their BCP 47 tags. */
  readonly translations?: Readonly<Record<string, TopicTexts>> | undefined;
  /** Offered on the public sign-up page. */
  readonly signUp: boolean;
  /** Not offered on the preference page to those who were never asked. */
  readonly hidden: boolean;
}

/** Who writes to customers about what. */
export interface TopicBook {
  /** The sender of letters that no campaign sends: the request to confirm a sign-up. */
  readonly from: { readonly name: string; readonly address: string } | undefined;
  /** In the order of the file. */
  readonly topics: readonly Topic[];
}

export const emptyTopicBook: TopicBook = Object.freeze({ from: undefined, topics: Object.freeze([]) });

/** The topic as customers read of it, whether the book has it or not. */
export function topicOf(book: TopicBook, name: string): Topic {
  const known = book.topics.find((topic) => topic.name === name);
  if (known !== undefined) return known;
  return { name, title: titleOf(name), about: undefined, wording: undefined, signUp: false, hidden: true };
}

/** The book as somebody reads it who reads this language: each topic whole in it, or whole as the file has it first. */
export function bookIn(book: TopicBook, language: string): TopicBook {
  return { ...book, topics: book.topics.map((topic) => topicIn(topic, language)) };
}

function topicIn(topic: Topic, language: string): Topic {
  const { translations = {} } = topic;
  const found = languageAmong(Object.keys(translations), language);
  return found === undefined ? topic : { ...topic, ...translations[found] };
}

/** `new-arrivals` → `New arrivals`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** Names of topics that are probably misspelt, each with the one that was meant. */
export type Misspelt = ReadonlyMap<string, string>;

/** Tells misspelt names of topics from new ones. */
export interface TopicCheck {
  /** Those of the names that are near a topic of the file, and that neither the file nor any customer knows. */
  misspelt(names: Iterable<string>): Promise<Misspelt>;
  /** The same for names that only rows will bring: all that customers know is read beforehand. */
  meant(): Promise<(name: string) => string | undefined>;
}

const USED_FOR_MS = 60_000;

/**
 * A topic may be new, and a name that is near none works as one; a name that is near one is more likely misspelt.
 * @param used topics that customers stand to in some way, or that runs were about
 */
export function makeTopicCheck(
  book: TopicBook,
  used: () => Promise<readonly string[]>,
  clock: () => number = Date.now,
): TopicCheck {
  const names = book.topics.map(({ name }) => name);
  let known: { readonly until: number; readonly topics: Promise<ReadonlySet<string>> } | undefined;
  const knownTopics = () => {
    if (known === undefined || known.until < clock()) {
      known = { until: clock() + USED_FOR_MS, topics: used().then((topics) => new Set(topics)) };
      known.topics.catch(() => {
        known = undefined;
      });
    }
    return known.topics;
  };
  const near = (name: string) => (names.includes(name) ? undefined : closest(name, names));
  return {
    misspelt: async (given) => {
      const suspects = [...new Set(given)].flatMap((name): [string, string][] => {
        const meant = near(name);
        return meant === undefined ? [] : [[name, meant]];
      });
      if (suspects.length === 0) return new Map();
      const topics = await knownTopics();
      return new Map(suspects.filter(([name]) => !topics.has(name)));
    },
    meant: async () => {
      const topics: ReadonlySet<string> = names.length === 0 ? new Set() : await knownTopics();
      return (name) => (topics.has(name) ? undefined : near(name));
    },
  };
}

/** @returns DearError `consent.topic` */
export function wrongTopic(topic: string): DearError {
  return new DearError('consent.topic', `'${topic}' cannot name a topic.`, {
    kind: 'usage',
    mend: 'A topic is named with letters, digits, hyphens and underscores, such as offers.',
  });
}

/** @returns DearError `consent.topic` */
export function misspeltTopic(topic: string, meant: string): DearError {
  return new DearError('consent.topic', `There is no topic '${topic}' yet; was '${meant}' meant?`, {
    kind: 'usage',
    mend: `Write ${meant}; or, if ${topic} is a new topic, name it in templates/topics.yaml.`,
  });
}
