/** What a profile can opt in to, as `templates/topics.yaml` introduces it to customers. */
export interface Topic {
  readonly name: string;
  /** What customers read; the name when the file does not say. */
  readonly title: string;
  readonly about: string | undefined;
  /** The words that somebody agrees to who opts in; kept with each consent. */
  readonly wording: string | undefined;
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

/** `new-arrivals` → `New arrivals`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
