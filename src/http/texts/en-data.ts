type Properties = Readonly<Record<string, unknown>>;

/** A property as a word in a sentence; nothing when it is not there. */
const word = (properties: Properties, name: string, before = '', after = '') => {
  const value = properties[name];
  return typeof value === 'string' || typeof value === 'number' ? `${before}${value}${after}` : '';
};

/** What happened, said to the person whom it happened to. Types that are not here are named as they are. */
const happened: Readonly<Record<string, (properties: Properties) => string>> = {
  opened: (it) => `You opened a letter${word(it, 'campaign', ' of ‘', '’')}.`,
  clicked: (it) =>
    `You followed a link in a letter${word(it, 'campaign', ' of ‘', '’')}${word(it, 'url', ': ')}`,
  replied: (it) => `You answered a letter${word(it, 'campaign', ' of ‘', '’')}.`,
  autoReplied: (it) => `Your mailbox answered a letter by itself${word(it, 'campaign', ' (‘', '’)')}.`,
  unsubscribed: (it) => `You stopped letters${word(it, 'how', ' (', ')')}.`,
  resubscribed: () => 'You took the stop of letters back.',
  order: () => 'You ordered something.',
  view: () => 'You looked at something.',
};

/** What kinds of events are called. */
const kinds: Readonly<Record<string, string>> = {
  opened: 'Letters opened',
  clicked: 'Links followed',
  replied: 'Letters answered',
  autoReplied: 'Automatic answers of your mailbox',
  unsubscribed: 'Letters stopped',
  resubscribed: 'Stops taken back',
  order: 'Orders',
  view: 'Things looked at',
};

/** Why no letter came, said to the person who did not get it. */
const notSent: Readonly<Record<string, string>> = {
  'no consent': 'you had not agreed to such letters',
  suppressed: 'your address is on the list of those we do not write to',
  'over frequency': 'it would have been more letters than you want',
  'only important letters': 'you want only the most important letters',
  'paused by the customer': 'you asked for a pause',
  holdout: 'you were among a few who got none, so that we can see what letters are good for',
  'data missing': 'we did not know enough to write it',
  'invalid address': 'your address could not be written to',
  'no address': 'we did not know your address',
  'no longer worth sending': 'it would have come too late',
  cancelled: 'we called it off',
  merged: 'you got it under another address',
};

/** The words of the page that shows what is stored. */
export const dataTexts = {
  title: 'What we know about you',
  intro: 'This is everything that is stored about you here, in short. The download has every detail of it.',
  back: 'Back to your choices',
  you: 'You',
  email: 'E-mail address',
  noEmail: 'none',
  since: 'Known since',
  attributes: 'What we noted',
  externalIds: 'Your names in other systems',
  suppressed: (reason: string) => `We never write to your address (${reason}).`,
  consents: 'What you agreed to',
  noConsents: 'You have not agreed to any letters.',
  consentState: { in: 'You agreed', out: 'You did not agree', pending: 'Not confirmed yet' },
  consentFrom: (when: string, source: string) => `since ${when}, told by: ${source}`,
  wording: 'The words:',
  proof: 'Kept as proof:',
  history: (count: number) => `The history of it (${count})`,
  historyLine: (state: 'in' | 'out' | 'pending', topic: string, source: string) =>
    `${topic}: ${{ in: 'yes', out: 'no', pending: 'asked to confirm' }[state]} (${source})`,
  events: 'What happened',
  noEvents: 'Nothing is noted.',
  eventSums: (type: string, count: number, first: string, last: string) =>
    count === 1
      ? `${kinds[type] ?? type}: once, on ${first}`
      : `${kinds[type] ?? type}: ${count} times, from ${first} to ${last}`,
  newestEvents: (shown: number, all: number) =>
    shown < all ? `The newest ${shown} of ${all}` : `All of them (${all})`,
  happened: (type: string, properties: Properties): string => happened[type]?.(properties) ?? `${type}.`,
  knownProperties: ['campaign', 'run', 'send', 'variant', 'link', 'url', 'how'],
  letters: 'Letters to you',
  noLetters: 'We have sent you none.',
  lettersShown: (shown: number, all: number) => (shown < all ? `The newest ${shown} of ${all}:` : ''),
  letter: (state: string, reason: string | undefined): string => {
    switch (state) {
      case 'accepted':
        return 'sent';
      case 'queued':
      case 'deferred':
        return 'waits to be sent';
      case 'sending':
        return 'is on its way';
      case 'failed':
        return 'sent, but your mail server did not take it';
      case 'unknown':
        return 'perhaps sent; we never got the answer';
      default:
        return `not sent, because ${notSent[reason ?? ''] ?? reason ?? 'of a reason that was not kept'}`;
    }
  },
  reactions: {
    opened: 'opened',
    clicked: 'link followed',
    replied: 'answered',
    unsubscribed: 'led you to stop',
  },
  takeTitle: 'Take it along',
  take: 'One file for machines and for people who like to look closely (JSON).',
  download: 'Download everything',
  eraseTitle: 'Have it erased',
  eraseHint: 'We then forget you: no letters any more, and nothing of the above is kept.',
  eraseLink: 'Erase everything about me',
  confirmTitle: 'Erase everything about you?',
  confirmText: [
    'This cannot be taken back. All that is stored about you is removed: your choices, what you did, the content of letters to you.',
    'What stays is a mark made from your address, which nobody can read back, so that no import makes us write to you again; and the bare counts of how many letters were sent.',
  ],
  confirmField: 'To be sure that it is you: the e-mail address that the letter went to',
  confirmHint: (masked: string) => `It looks like this: ${masked}`,
  confirmButton: 'Erase everything',
  confirmWrong: 'This is not the address that the letter went to. Nothing was erased.',
  keep: 'No, keep it',
  erasedTitle: 'Everything about you is erased',
  erased:
    'We know nothing of you any more, and you get no letters. A letter that was on its way already may still arrive.',
};
