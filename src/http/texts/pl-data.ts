import { numberIn, pluralIn } from './numbers.ts';
import type { DataTexts } from './shape-data.ts';

const number = numberIn('pl');
const plural = pluralIn('pl');
const times = (count: number) =>
  plural(count, { one: '# raz', few: '# razy', many: '# razy', other: '# raza' });
const entries = (count: number) =>
  plural(count, { one: '# wpis', few: '# wpisy', many: '# wpisów', other: '# wpisu' });

/** The words of the page that shows what is stored, in Polish. */
export const data: DataTexts = {
  title: 'Co o Państwu wiemy',
  intro: 'To, w skrócie, wszystko, co jest tu o Państwu zapisane. Plik do pobrania zawiera każdy szczegół.',
  back: 'Powrót do ustawień',
  you: 'Państwa dane',
  email: 'Adres e‑mail',
  noEmail: 'brak',
  since: 'Znamy się od',
  attributes: 'Co zanotowaliśmy',
  externalIds: 'Państwa oznaczenia w innych systemach',
  suppressed: (reason) => `Na Państwa adres nigdy nie piszemy (${reason}).`,
  suppressions: {
    'no such mailbox': 'takiej skrzynki nie ma',
    'no such mail domain': 'takiej domeny pocztowej nie ma',
    'address the server cannot read': 'serwer poczty nie potrafi odczytać adresu',
    'mailbox has moved': 'skrzynka została przeniesiona',
    'the domain takes no mail': 'domena nie przyjmuje poczty',
    complaint: 'skarga',
    'hard bounce': 'wiadomości wracały',
  },
  consents: 'Udzielone zgody',
  noConsents: 'Nie ma zgody na żadne wiadomości.',
  consentState: { in: 'Zgoda udzielona', out: 'Brak zgody', pending: 'Jeszcze niepotwierdzone' },
  consentFrom: (when, source) => `od ${when}, źródło: ${source}`,
  sources: {
    'sign-up page': 'strona zamówienia',
    'preference page': 'strona ustawień',
    'unsubscribe link': 'link do rezygnacji',
    'one-click': 'przycisk rezygnacji w programie pocztowym',
    'unsubscribe taken back': 'rezygnacja cofnięta',
    'confirmation refused': 'odmowa potwierdzenia',
  },
  imported: 'import danych',
  otherSystem: 'inny z naszych systemów',
  staff: 'osoba, która tu pracuje',
  confirmed: (source) => `${source}, potwierdzone`,
  signUpAt: (place) => `zamówienie: ${place}`,
  wording: 'Treść:',
  proof: 'Zachowane jako dowód:',
  history: (count) => `Historia (${entries(count)})`,
  historyLine: (state, topic, source) =>
    `${topic}: ${{ in: 'tak', out: 'nie', pending: 'prośba o potwierdzenie' }[state]} (${source})`,
  events: 'Co się wydarzyło',
  noEvents: 'Nic nie zanotowano.',
  kinds: {
    opened: 'Otwarte wiadomości',
    clicked: 'Otwarte linki',
    replied: 'Odpowiedzi na wiadomości',
    autoReplied: 'Automatyczne odpowiedzi skrzynki',
    unsubscribed: 'Rezygnacje',
    resubscribed: 'Cofnięte rezygnacje',
    order: 'Zamówienia',
    view: 'Obejrzane produkty',
  },
  eventSums: (kind, count, first, last) =>
    `${kind}: ${times(count)}, ${count === 1 ? first : `od ${first} do ${last}`}`,
  newestEvents: (shown, all) =>
    shown < all ? `Najnowsze: ${number(shown)} z ${number(all)}` : `Wszystkie (${number(all)})`,
  happened: {
    opened: ({ campaign }) => `Otwarto wiadomość${campaign ? ` (${campaign})` : ''}.`,
    clicked: ({ campaign, url }) =>
      `Otwarto link w wiadomości${campaign ? ` (${campaign})` : ''}${url ? `: ${url}` : '.'}`,
    replied: ({ campaign }) => `Odpowiedziano na wiadomość${campaign ? ` (${campaign})` : ''}.`,
    autoReplied: ({ campaign }) =>
      `Skrzynka sama odpowiedziała na wiadomość${campaign ? ` (${campaign})` : ''}.`,
    unsubscribed: ({ how }) => `Zrezygnowano z wiadomości${how ? ` (${how})` : ''}.`,
    resubscribed: () => 'Cofnięto rezygnację.',
    order: () => 'Złożono zamówienie.',
    view: () => 'Obejrzano produkt.',
  },
  letters: 'Wiadomości do Państwa',
  noLetters: 'Żadnej nie wysłaliśmy.',
  lettersShown: (shown, all) => `Najnowsze: ${number(shown)} z ${number(all)}`,
  letterStates: {
    accepted: 'wysłana',
    waiting: 'czeka na wysłanie',
    sending: 'jest w drodze',
    failed: 'wysłana, ale serwer poczty jej nie przyjął',
    unknown: 'być może wysłana; nie otrzymaliśmy odpowiedzi',
    skipped: 'niewysłana; przyczyny nie zachowano',
  },
  skippedBecause: (reason) => `niewysłana: ${reason}`,
  reasons: {
    'no consent': 'nie było zgody na takie wiadomości',
    suppressed: 'adres jest wśród tych, na które nie piszemy',
    'over frequency': 'wiadomości byłoby więcej, niż Państwo sobie życzą',
    'only important letters': 'życzą sobie Państwo tylko najważniejszych wiadomości',
    'paused by the customer': 'była to prośba o przerwę',
    holdout:
      'byli Państwo wśród nielicznych osób, które jej nie dostały, abyśmy widzieli, czemu służą wiadomości',
    'data missing': 'wiedzieliśmy za mało, aby ją napisać',
    'invalid address': 'na ten adres nie dało się napisać',
    'no address': 'nie znaliśmy adresu',
    'no longer worth sending': 'przyszłaby za późno',
    cancelled: 'odwołaliśmy ją',
    merged: 'przyszła na inny adres',
  },
  reactions: {
    opened: 'otwarta',
    clicked: 'otwarto link',
    replied: 'odpowiedziano',
    unsubscribed: 'potem rezygnacja',
  },
  takeTitle: 'Zabrać ze sobą',
  take: 'Jeden plik dla maszyn i dla osób, które lubią patrzeć dokładnie (JSON).',
  download: 'Pobierz wszystko',
  eraseTitle: 'Usunąć',
  eraseHint:
    'Wtedy o Państwu zapomnimy: żadnych wiadomości, i nic z powyższych danych nie zostanie zachowane.',
  eraseLink: 'Usuń wszystko, co mnie dotyczy',
  confirmTitle: 'Usunąć wszystko, co Państwa dotyczy?',
  confirmText: [
    'Tego nie da się cofnąć. Usuwane jest wszystko, co jest o Państwu zapisane: ustawienia, to, co się wydarzyło, treść wysłanych wiadomości.',
    'Zostaje utworzony z adresu znak, którego nikt nie odczyta, aby żaden import nie sprawił, że znów napiszemy; oraz sama liczba wysłanych wiadomości.',
  ],
  confirmField: 'Dla pewności: adres e‑mail, na który wysłano wiadomość',
  confirmHint: (masked) => `Wygląda tak: ${masked}`,
  confirmButton: 'Usuń wszystko',
  confirmWrong: 'To nie jest adres, na który wysłano wiadomość. Nic nie zostało usunięte.',
  keep: 'Nie, proszę zachować',
  erasedTitle: 'Wszystko, co Państwa dotyczy, zostało usunięte',
  erased:
    'Nic już o Państwu nie wiemy i nie będziemy wysyłać wiadomości. Ta, która była już w drodze, może jeszcze przyjść.',
};
