import { readFrequency } from '../../profiles/preferences.ts';
import type { FormProblem } from '../../tracking/preferences.ts';
import { dataTexts } from './en-data.ts';

const problems: Readonly<Record<FormProblem, string>> = {
  form: 'The form did not arrive whole. Please send it again.',
  often:
    'Choose one of the ways under ‘How often’, and for a number of letters whether it is per day, week or month.',
  max: 'The number of letters must be from 1 to 100.',
  pausedUntil: 'The end of the pause must be a date such as 2027-01-31.',
  pausedPast: 'The end of the pause must be a day that is still to come.',
  pausedLong:
    'A pause can last five years at most. To stop letters for good, untick them or use the button below.',
  quietHalf: 'Quiet hours need a beginning and an end.',
  quietTime: 'Quiet hours must be times such as 21:30.',
  quietEmpty: 'Quiet hours must not begin and end at the same time.',
  timeZone: 'Choose a time zone from the list.',
  language: 'Choose a language from the list.',
};

/** What the public pages say in English. Another language is another object of this shape. */
export const en = {
  lang: 'en',
  data: dataTexts,
  problem: {
    linkTitle: 'This link leads nowhere',
    link: 'It was cut off on the way, or the letter it belongs to is no longer kept. Please open it again from the letter.',
  },
  gone: {
    title: 'Nothing is stored about you any more',
    text: 'The data of the person this letter went to was erased, as they asked, and with it what this link led to. No more letters come, so there is nothing to stop or to change. You can throw the letter away.',
  },
  home: {
    title: 'This is Dear',
    what: 'This server sends letters to people who asked for them, and answers the links in those letters.',
    reader:
      'If you came here from a letter, please open the link in it once more: every letter has its own links to stop such letters and to choose how often they come.',
    signUp: 'Get letters from us',
  },
  unsubscribe: {
    askTitle: (topic: string) => `Stop letters about ‘${topic}’?`,
    ask: ['They go to', '. One press of the button is enough; it takes effect at once.'],
    stop: 'Stop these letters',
    doneTitle: 'Done: these letters have stopped',
    stoppedTitle: 'These letters have stopped',
    stopped: (topic: string) => `no longer gets letters about ‘${topic}’.`,
    inForce: 'This is in force already.',
    mistake: 'Was that a mistake?',
    again: 'Get these letters again',
    backTitle: 'Welcome back',
    back: (topic: string) => `gets letters about ‘${topic}’ again.`,
    sameTitle: 'Nothing was changed',
    same: (topic: string) => `had not stopped letters about ‘${topic}’ here.`,
    stopAfterAll: 'Stop them after all',
    fewerAsk: 'Rather fewer letters than none?',
    others: 'Other letters?',
    fewer: 'Rather fewer letters?',
    choose: 'Choose what you get, and how often',
  },
  preferences: {
    title: 'Your letters',
    intro: ['These choices are for', ' and take effect at once.'],
    saved: 'Your choices are saved.',
    stopped: 'You get no letters any more. If you change your mind, tick what you want below.',
    notYet: 'Nothing was changed yet',
    problems,
    what: 'What you get',
    whatHint: 'Untick what you do not want any more.',
    noTopics: 'There is nothing to choose from yet.',
    pending: 'You asked for these and have not confirmed it yet. Tick them to confirm.',
    often: 'How often',
    oftenHint: 'All letters together. One that would be too many waits for its turn.',
    rhythm: {
      usual: (usual: string) => `Your usual rhythm: ${usual}`,
      all: 'As many as come',
      week: 'At most one a week',
      month: 'At most one a month',
      important: 'Only the most important',
      own: 'At most',
    },
    usual: (text: string) => {
      const limit = readFrequency(text);
      return limit === undefined ? 'as many as come' : `at most ${limit.max} a ${limit.per}`;
    },
    importantHint: 'Seldom, and only what you should not miss.',
    ownNumber: 'Number of letters',
    ownPer: 'letters per',
    per: { day: 'day', week: 'week', month: 'month' },
    pause: 'A pause',
    pauseUntil: 'No letters before',
    pauseHint: 'Leave it empty for no pause.',
    quiet: 'Quiet hours',
    quietHint: 'No letter leaves for you between these times. Leave both empty if any time is fine.',
    from: 'From',
    to: 'to',
    where: 'Time zone and language',
    zone: 'Time zone',
    zoneUsual: (zone: string) => `Not known (we assume ${zone})`,
    language: 'Language',
    languageHint: 'We use it where we have a letter in it.',
    languageUsual: 'No preference',
    save: 'Save my choices',
    stopTitle: 'No letters at all?',
    stop: 'Stop all letters',
    stopHint: 'This takes you out of everything at once. You can come back here at any time.',
    dataAsk: 'What do you know about me?',
    dataLink: 'See what is stored about you, take it along, or have it erased',
  },
  signUp: {
    title: 'Get letters from us',
    intro:
      'Tell us where to write to. We then send you one letter with a link; only when you have pressed it, letters come.',
    email: 'Your e-mail address',
    topics: 'What you want to hear about',
    button: 'Send me the link',
    noneTitle: 'There is nothing to sign up for here',
    none: 'This server offers no letters to sign up for. If you came from a letter, its own links still work.',
    wrongEmail: 'This is not an e-mail address. Write it like ann@example.com.',
    wrongTopics: 'Tick at least one thing that you want to hear about.',
    thanksTitle: 'Please look into your mailbox',
    thanks: [
      'If',
      ' can get letters from us and has not asked for them already, one with a link is on its way. Press the link within seven days, and you are in.',
    ],
    thanksHint: 'Nothing there after some minutes? Look among the unwanted mail, or try again later.',
    confirmTitle: 'Do you want these letters?',
    confirmIntro: ['They go to', '. You can stop them again at any time, with a link in every letter.'],
    youAgree: 'By pressing the button you agree to this:',
    yes: 'Yes, I want these letters',
    no: 'No, that was not me',
    yesTitle: 'Thank you: you are in',
    yesText: ['From now on', ' gets letters about:'],
    noTitle: 'Good that you said so',
    noText: ['We send no such letters to', '.'],
    expiredTitle: 'This link is too old',
    expired:
      'It held for seven days. Nothing was sent to you and nothing is; if you want letters, please sign up once more.',
    refusedTitle: 'You said no to this',
    refused: 'If you want these letters after all, please sign up once more.',
  },
};

export type Texts = typeof en;
