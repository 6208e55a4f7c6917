import { data } from './de-data.ts';
import type { PreferenceTexts, SignUpTexts, Texts, UnsubscribeTexts } from './shape.ts';

const problems: PreferenceTexts['problems'] = {
  form: 'Das Formular ist nicht vollständig angekommen. Bitte senden Sie es noch einmal ab.',
  often:
    'Wählen Sie unter „Wie oft“ eine der Möglichkeiten, und bei einer Anzahl von E‑Mails, ob sie pro Tag, Woche oder Monat gilt.',
  max: 'Die Anzahl der E‑Mails muss zwischen 1 und 100 liegen.',
  pausedUntil: 'Das Ende der Pause muss ein Datum sein, zum Beispiel 2027-01-31.',
  pausedPast: 'Das Ende der Pause muss in der Zukunft liegen.',
  pausedLong:
    'Eine Pause kann höchstens fünf Jahre dauern. Wenn Sie gar keine E‑Mails mehr möchten, entfernen Sie die Häkchen oder nutzen Sie die Schaltfläche unten.',
  quietHalf: 'Ruhezeiten brauchen einen Anfang und ein Ende.',
  quietTime: 'Ruhezeiten müssen Uhrzeiten sein, zum Beispiel 21:30.',
  quietEmpty: 'Anfang und Ende der Ruhezeit dürfen nicht gleich sein.',
  timeZone: 'Wählen Sie eine Zeitzone aus der Liste.',
  language: 'Wählen Sie eine Sprache aus der Liste.',
};

const unsubscribe: UnsubscribeTexts = {
  askTitle: (topic) => `E‑Mails zu „${topic}“ abbestellen?`,
  ask: ['Diese E‑Mails gehen an ', '. Ein Klick genügt und gilt sofort.'],
  stop: 'Diese E‑Mails abbestellen',
  doneTitle: 'Erledigt: Diese E‑Mails sind abbestellt',
  stoppedTitle: 'Diese E‑Mails sind abbestellt',
  stopped: (topic) => ['', ` bekommt keine E‑Mails zu „${topic}“ mehr.`],
  inForce: 'Das gilt ab sofort.',
  mistake: 'War das ein Versehen?',
  again: 'Diese E‑Mails wieder bekommen',
  backTitle: 'Schön, dass Sie wieder da sind',
  back: (topic) => ['', ` bekommt wieder E‑Mails zu „${topic}“.`],
  sameTitle: 'Es wurde nichts geändert',
  same: (topic) => ['', ` hatte E‑Mails zu „${topic}“ hier nicht abbestellt.`],
  stopAfterAll: 'Doch abbestellen',
  fewerAsk: 'Lieber weniger E‑Mails als gar keine?',
  others: 'Andere E‑Mails?',
  fewer: 'Lieber weniger E‑Mails?',
  choose: 'Wählen Sie, was Sie bekommen und wie oft',
};

const preferences: PreferenceTexts = {
  title: 'Ihre E‑Mails',
  intro: ['Diese Einstellungen gelten für ', ', und zwar sofort.'],
  saved: 'Ihre Einstellungen sind gespeichert.',
  stopped:
    'Sie bekommen keine E‑Mails mehr. Falls Sie es sich anders überlegen, kreuzen Sie unten an, was Sie möchten.',
  stale:
    'Nachdem Sie die Seite geöffnet hatten, wurde an anderer Stelle etwas geändert; dabei ist es geblieben. Bitte sehen Sie nach, ob unten alles so ist, wie Sie es möchten.',
  notYet: 'Es wurde noch nichts geändert',
  problems,
  what: 'Was Sie bekommen',
  whatHint: 'Entfernen Sie das Häkchen bei allem, was Sie nicht mehr möchten.',
  noTopics: 'Im Moment gibt es noch nichts auszuwählen.',
  pending: 'Sie haben das bestellt, aber noch nicht bestätigt. Mit dem Häkchen bestätigen Sie es.',
  agree: 'Mit dem Häkchen erklären Sie:',
  often: 'Wie oft',
  oftenHint: 'Alle E‑Mails zusammen. Was zu viel wäre, wartet, bis es an der Reihe ist.',
  rhythm: {
    usual: (usual) => `Wie gewohnt: ${usual}`,
    all: 'So viele, wie es gibt',
    week: 'Höchstens eine pro Woche',
    month: 'Höchstens eine pro Monat',
    important: 'Nur das Wichtigste',
    own: 'Höchstens',
  },
  usual: (limit) =>
    limit === undefined
      ? 'so viele, wie es gibt'
      : `höchstens ${limit.max} pro ${preferences.per[limit.per]}`,
  importantHint: 'Selten, und nur, was Sie nicht verpassen sollten.',
  ownNumber: 'Anzahl der E‑Mails',
  ownPer: 'E‑Mails pro',
  per: { day: 'Tag', week: 'Woche', month: 'Monat' },
  pause: 'Pause',
  pauseUntil: 'Keine E‑Mails vor dem',
  pauseHint: 'Lassen Sie das Feld leer, wenn Sie keine Pause möchten.',
  quiet: 'Ruhezeiten',
  quietHint:
    'In dieser Zeit schicken wir Ihnen keine E‑Mails. Lassen Sie beide Felder leer, wenn Ihnen jede Zeit recht ist.',
  from: 'Von',
  to: 'bis',
  where: 'Zeitzone und Sprache',
  zone: 'Zeitzone',
  zoneHint: (zone) => `Solange sie nicht bekannt ist, nehmen wir an: ${zone}.`,
  zoneUnknown: 'Nicht bekannt',
  parts: {
    Africa: 'Afrika',
    America: 'Amerika',
    Antarctica: 'Antarktis',
    Arctic: 'Arktis',
    Asia: 'Asien',
    Atlantic: 'Atlantik',
    Australia: 'Australien',
    Europe: 'Europa',
    Indian: 'Indischer Ozean',
    Pacific: 'Pazifik',
  },
  language: 'Sprache',
  languageHint: 'Für diese Seiten und für E‑Mails, die es in dieser Sprache gibt.',
  languageUsual: 'Keine Angabe',
  save: 'Einstellungen speichern',
  stopTitle: 'Gar keine E‑Mails mehr?',
  stop: 'Alle E‑Mails abbestellen',
  stopHint: 'Damit melden Sie sich von allem auf einmal ab. Sie können jederzeit hierher zurückkommen.',
  dataAsk: 'Was wissen wir über Sie?',
  dataLink: 'Ansehen, was über Sie gespeichert ist, es mitnehmen oder löschen lassen',
};

const signUp: SignUpTexts = {
  title: 'E‑Mails von uns bekommen',
  intro:
    'Sagen Sie uns, wohin wir schreiben dürfen. Wir schicken Ihnen dann eine E‑Mail mit einem Link. Erst wenn Sie ihn bestätigt haben, schreiben wir Ihnen wieder.',
  email: 'Ihre E‑Mail-Adresse',
  topics: 'Worüber Sie etwas lesen möchten',
  button: 'Link zuschicken',
  noneTitle: 'Hier kann man sich für nichts anmelden',
  none: 'Dieser Server bietet keine E‑Mails zum Anmelden an. Falls Sie aus einer E‑Mail kommen: Deren Links funktionieren weiterhin.',
  wrongEmail: 'Das ist keine E‑Mail-Adresse. Schreiben Sie sie so: anna@example.com.',
  wrongTopics: 'Kreuzen Sie mindestens ein Thema an, über das Sie etwas lesen möchten.',
  thanksTitle: 'Bitte sehen Sie in Ihr Postfach',
  thanks: [
    'Wenn ',
    ' E‑Mails von uns bekommen kann und sie noch nicht bestellt hat, ist eine E‑Mail mit einem Link unterwegs. Bestätigen Sie ihn innerhalb von sieben Tagen, und Sie sind dabei.',
  ],
  thanksHint:
    'Auch nach einigen Minuten nichts da? Sehen Sie im Spam-Ordner nach, oder versuchen Sie es später noch einmal.',
  confirmTitle: 'Möchten Sie diese E‑Mails?',
  confirmIntro: [
    'Diese E‑Mails gehen an ',
    '. Sie können sie jederzeit abbestellen, mit einem Link in jeder E‑Mail.',
  ],
  youAgree: 'Mit dem Klick erklären Sie:',
  yes: 'Ja, ich möchte diese E‑Mails',
  no: 'Nein, das war ich nicht',
  stop: 'Diese E‑Mails abbestellen',
  yesTitle: 'Vielen Dank, Sie sind dabei',
  yesText: ['Ab jetzt bekommt ', ' E‑Mails zu:'],
  wouldText: ['Ihr Ja ist gespeichert für ', '. Es geht um:'],
  blockedTitle: 'Ihr Ja ist gespeichert, aber es können keine E‑Mails kommen',
  suppressed: (reason) => `An diese Adresse dürfen wir zurzeit nicht schreiben (${reason}).`,
  suppressedMend:
    'Melden Sie sich mit einer anderen Adresse an. Falls Sie unter dieser Adresse E‑Mails empfangen und unsere möchten, schreiben Sie denen, von denen sie kommen:',
  paused: (day) => `Sie haben uns um eine Pause gebeten. Ab dem ${day} kommen wieder E‑Mails.`,
  stoppedTitle: 'Sie haben diese E‑Mails abbestellt',
  stopped: ['Sie hatten ihnen zugestimmt, für ', '. Seitdem wurden sie abbestellt:'],
  stoppedToo: 'Diese haben Sie seitdem abbestellt:',
  noTitle: 'Gut, dass Sie es gesagt haben',
  noText: ['Wir schicken keine solchen E‑Mails an ', '.'],
  expiredTitle: 'Dieser Link ist zu alt',
  expired: 'Er galt sieben Tage und wurde nicht benutzt. Deshalb kommen keine E‑Mails.',
  expiredAgreed: 'Er galt sieben Tage. Sie müssen nichts tun, denn Sie haben auf anderem Weg zugestimmt.',
  refusedTitle: 'Sie haben Nein gesagt',
  refused: 'Deshalb kommen keine E‑Mails.',
  laterTitle: 'Sie bekommen diese E‑Mails',
  later: 'Hier haben Sie Nein gesagt, und später auf anderem Weg Ja.',
  anew: ['Wenn Sie diese E‑Mails doch möchten, ', 'melden Sie sich bitte noch einmal an', '.'],
};

/** What the public pages say in German. */
export const de: Texts = {
  lang: 'de',
  locale: 'de-DE',
  quote: (text) => `„${text}“`,
  data,
  problems: {
    link: {
      title: 'Dieser Link führt ins Leere',
      text: 'Er ist unterwegs abgeschnitten worden, oder die E‑Mail, zu der er gehört, ist nicht mehr gespeichert. Bitte öffnen Sie ihn noch einmal aus der E‑Mail.',
    },
    nothing: {
      title: 'Hier ist nichts',
      text: 'Vielleicht ist die Adresse unterwegs abgeschnitten worden. Bitte öffnen Sie sie noch einmal aus der E‑Mail.',
    },
    tooMuch: {
      title: 'Das war zu viel',
      text: 'Es wurde mehr gesendet, als diese Seiten je erfragen.',
    },
    restarting: {
      title: 'Bitte versuchen Sie es gleich noch einmal',
      text: 'Dieser Server wird gerade neu gestartet. Ihr Wunsch wurde noch nicht ausgeführt.',
    },
    ours: {
      title: 'Hier ist etwas schiefgegangen',
      text: 'Das liegt an uns, und es wurde nichts geändert. Bitte versuchen Sie es in einer Minute noch einmal.',
    },
    theirs: {
      title: 'Das ist nicht zu verstehen',
      text: 'Bitte gehen Sie zurück zur E‑Mail und öffnen Sie den Link noch einmal.',
    },
  },
  gone: {
    title: 'Über Sie ist nichts mehr gespeichert',
    text: 'Die Daten der Person, an die diese E‑Mail ging, wurden auf ihren Wunsch gelöscht, und damit auch das, wohin dieser Link führte. Es kommen keine E‑Mails mehr, also gibt es nichts abzubestellen oder zu ändern. Sie können die E‑Mail wegwerfen.',
  },
  home: {
    title: 'Das ist Dear',
    what: 'Dieser Server schickt E‑Mails an Menschen, die darum gebeten haben, und beantwortet die Links in diesen E‑Mails.',
    reader:
      'Wenn Sie aus einer E‑Mail hierher gekommen sind, öffnen Sie bitte den Link darin noch einmal: Jede E‑Mail hat eigene Links, um sie abzubestellen und um zu wählen, wie oft sie kommen.',
    signUp: 'E‑Mails von uns bekommen',
    operator: [
      'Wenn Sie diesen Server betreiben: ',
      ' zeigt, was er kann, und ',
      ', wie er eingestellt ist.',
    ],
  },
  unsubscribe,
  preferences,
  signUp,
};
