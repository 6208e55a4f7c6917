import { numberIn, pluralIn } from './numbers.ts';
import type { DataTexts } from './shape-data.ts';

const number = numberIn('en');
const plural = pluralIn('en');
const times = (count: number) => plural(count, { one: 'once', other: '# times' });

/** The words of the page that shows what is stored, in English. */
export const data: DataTexts = {
  title: 'What we know about you',
  intro: 'This is everything that is stored about you here, in short. The download has every detail of it.',
  back: 'Back to your choices',
  you: 'You',
  email: 'E-mail address',
  noEmail: 'none',
  since: 'Known since',
  attributes: 'What we noted',
  externalIds: 'Your names in other systems',
  suppressed: (reason) => `We never write to your address (${reason}).`,
  suppressions: {
    'no such mailbox': 'there is no such mailbox',
    'no such mail domain': 'there is no such mail domain',
    'address the server cannot read': 'the mail server cannot read the address',
    'mailbox has moved': 'the mailbox has moved',
    'the domain takes no mail': 'the domain takes no mail',
    complaint: 'a complaint',
    'hard bounce': 'letters came back',
  },
  consents: 'What you agreed to',
  noConsents: 'You have not agreed to any letters.',
  consentState: { in: 'You agreed', out: 'You did not agree', pending: 'Not confirmed yet' },
  consentFrom: (when, source) => `since ${when}, told by: ${source}`,
  sources: {
    'sign-up page': 'sign-up page',
    'preference page': 'preference page',
    'unsubscribe link': 'the link to stop letters',
    'one-click': 'the stop button of your mail program',
    'unsubscribe taken back': 'stop of letters taken back',
    'confirmation refused': 'a no to the letter that asked',
  },
  confirmed: (source) => `${source}, confirmed`,
  signUpAt: (place) => `sign-up: ${place}`,
  wording: 'The words:',
  proof: 'Kept as proof:',
  history: (count) => `The history of it (${plural(count, { one: '# entry', other: '# entries' })})`,
  historyLine: (state, topic, source) =>
    `${topic}: ${{ in: 'yes', out: 'no', pending: 'asked to confirm' }[state]} (${source})`,
  events: 'What happened',
  noEvents: 'Nothing is noted.',
  kinds: {
    opened: 'Letters opened',
    clicked: 'Links followed',
    replied: 'Letters answered',
    autoReplied: 'Automatic answers of your mailbox',
    unsubscribed: 'Letters stopped',
    resubscribed: 'Stops taken back',
    order: 'Orders',
    view: 'Things looked at',
  },
  eventSums: (kind, count, first, last) =>
    `${kind}: ${times(count)}, ${count === 1 ? `on ${first}` : `from ${first} to ${last}`}`,
  newestEvents: (shown, all) =>
    shown < all ? `The newest ${number(shown)} of ${number(all)}` : `All of them (${number(all)})`,
  happened: {
    opened: ({ campaign }) => (campaign ? `You opened a letter of ${campaign}.` : 'You opened a letter.'),
    clicked: ({ campaign, url }) =>
      `You followed a link in a letter${campaign ? ` of ${campaign}` : ''}${url ? `: ${url}` : '.'}`,
    replied: ({ campaign }) =>
      campaign ? `You answered a letter of ${campaign}.` : 'You answered a letter.',
    autoReplied: ({ campaign }) =>
      `Your mailbox answered a letter by itself${campaign ? ` (${campaign})` : ''}.`,
    unsubscribed: ({ how }) => `You stopped letters${how ? ` (${how})` : ''}.`,
    resubscribed: () => 'You took the stop of letters back.',
    order: () => 'You ordered something.',
    view: () => 'You looked at something.',
  },
  letters: 'Letters to you',
  noLetters: 'We have sent you none.',
  lettersShown: (shown, all) => `The newest ${number(shown)} of ${number(all)}:`,
  letterStates: {
    accepted: 'sent',
    waiting: 'waits to be sent',
    sending: 'is on its way',
    failed: 'sent, but your mail server did not take it',
    unknown: 'perhaps sent; we never got the answer',
    skipped: 'not sent; the reason was not kept',
  },
  skippedBecause: (reason) => `not sent: ${reason}`,
  reasons: {
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
  confirmHint: (masked) => `It looks like this: ${masked}`,
  confirmButton: 'Erase everything',
  confirmWrong: 'This is not the address that the letter went to. Nothing was erased.',
  keep: 'No, keep it',
  erasedTitle: 'Everything about you is erased',
  erased:
    'We know nothing of you any more, and you get no letters. A letter that was on its way already may still arrive.',
};
