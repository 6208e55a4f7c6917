import { pluralIn } from './numbers.ts';
import { data } from './pl-data.ts';
import type { PreferenceTexts, SignUpTexts, Texts, UnsubscribeTexts } from './shape.ts';

const plural = pluralIn('pl');

const problems: PreferenceTexts['problems'] = {
  form: 'Formularz nie dotarł w całości. Prosimy wysłać go jeszcze raz.',
  often:
    'Prosimy wybrać jedną z możliwości w części „Jak często”, a przy liczbie wiadomości – czy dotyczy dnia, tygodnia czy miesiąca.',
  max: 'Liczba wiadomości musi wynosić od 1 do 100.',
  pausedUntil: 'Koniec przerwy musi być datą, na przykład 2027-01-31.',
  pausedPast: 'Koniec przerwy musi być dniem w przyszłości.',
  pausedLong:
    'Przerwa może trwać najwyżej pięć lat. Aby w ogóle nie otrzymywać wiadomości, prosimy usunąć zaznaczenia lub użyć przycisku poniżej.',
  quietHalf: 'Godziny ciszy muszą mieć początek i koniec.',
  quietTime: 'Godziny ciszy muszą być godzinami, na przykład 21:30.',
  quietEmpty: 'Godziny ciszy nie mogą zaczynać się i kończyć o tej samej porze.',
  timeZone: 'Prosimy wybrać strefę czasową z listy.',
  language: 'Prosimy wybrać język z listy.',
};

const unsubscribe: UnsubscribeTexts = {
  askTitle: (topic) => `Zrezygnować z wiadomości „${topic}”?`,
  ask: ['Są wysyłane na adres ', '. Wystarczy jedno naciśnięcie przycisku; działa od razu.'],
  stop: 'Rezygnuję z tych wiadomości',
  doneTitle: 'Gotowe: te wiadomości już nie będą przychodzić',
  stoppedTitle: 'Te wiadomości już nie przychodzą',
  stopped: (topic) => ['Na adres ', ` nie przychodzą już wiadomości „${topic}”.`],
  inForce: 'To już obowiązuje.',
  mistake: 'Czy to była pomyłka?',
  again: 'Chcę znów otrzymywać te wiadomości',
  backTitle: 'Miło, że znów jesteśmy w kontakcie',
  back: (topic) => ['Na adres ', ` znów będą przychodzić wiadomości „${topic}”.`],
  sameTitle: 'Nic się nie zmieniło',
  same: (topic) => ['Dla adresu ', ` nie było tu rezygnacji z wiadomości „${topic}”.`],
  stopAfterAll: 'Jednak zrezygnować',
  fewerAsk: 'Może raczej mniej wiadomości niż żadnych?',
  others: 'Inne wiadomości?',
  fewer: 'Może raczej mniej wiadomości?',
  choose: 'Tu można wybrać, co przychodzi i jak często',
};

const preferences: PreferenceTexts = {
  title: 'Państwa wiadomości',
  intro: ['Te ustawienia dotyczą adresu ', ' i działają od razu.'],
  saved: 'Ustawienia zostały zapisane.',
  stopped:
    'Nie będą Państwo otrzymywać żadnych wiadomości. Gdyby zmienili Państwo zdanie, wystarczy zaznaczyć poniżej, co ma przychodzić.',
  stale:
    'Po otwarciu strony coś zmieniono w innym miejscu i tak pozostało. Prosimy sprawdzić, czy poniżej wszystko jest tak, jak powinno być.',
  notYet: 'Jeszcze nic się nie zmieniło',
  problems,
  what: 'Co przychodzi',
  whatHint: 'Prosimy usunąć zaznaczenie przy tym, co nie ma już przychodzić.',
  noTopics: 'Na razie nie ma tu nic do wyboru.',
  pending: 'Zamówione, ale jeszcze niepotwierdzone. Zaznaczenie jest potwierdzeniem.',
  agree: 'Zaznaczenie oznacza:',
  often: 'Jak często',
  oftenHint: 'Wszystkie wiadomości razem. Ta, która byłaby nadmiarowa, czeka na swoją kolej.',
  rhythm: {
    usual: (usual) => `Tak jak zwykle: ${usual}`,
    all: 'Tyle, ile jest',
    week: 'Najwyżej jedna na tydzień',
    month: 'Najwyżej jedna na miesiąc',
    important: 'Tylko najważniejsze',
    own: 'Najwyżej',
  },
  usual: (limit) => {
    if (limit === undefined) return 'tyle, ile jest';
    const letters = plural(limit.max, {
      one: '# wiadomość',
      few: '# wiadomości',
      many: '# wiadomości',
      other: '# wiadomości',
    });
    return `najwyżej ${letters} ${preferences.per[limit.per]}`;
  },
  importantHint: 'Rzadko, i tylko to, czego szkoda byłoby przegapić.',
  ownNumber: 'Liczba wiadomości',
  ownPer: 'wiadomości',
  per: { day: 'na dzień', week: 'na tydzień', month: 'na miesiąc' },
  pause: 'Przerwa',
  pauseUntil: 'Bez wiadomości przed dniem',
  pauseHint: 'Puste pole oznacza brak przerwy.',
  quiet: 'Godziny ciszy',
  quietHint:
    'W tych godzinach nie wysyłamy do Państwa wiadomości. Jeśli każda pora jest dobra, prosimy zostawić oba pola puste.',
  from: 'Od',
  to: 'do',
  where: 'Strefa czasowa i język',
  zone: 'Strefa czasowa',
  zoneHint: (zone) => `Dopóki jej nie znamy, przyjmujemy: ${zone}.`,
  zoneUnknown: 'Nieznana',
  parts: {
    Africa: 'Afryka',
    America: 'Ameryka',
    Antarctica: 'Antarktyda',
    Arctic: 'Arktyka',
    Asia: 'Azja',
    Atlantic: 'Atlantyk',
    Australia: 'Australia',
    Europe: 'Europa',
    Indian: 'Ocean Indyjski',
    Pacific: 'Pacyfik',
  },
  language: 'Język',
  languageHint: 'Dla tych stron oraz dla wiadomości, które mamy w tym języku.',
  languageUsual: 'Bez znaczenia',
  save: 'Zapisz ustawienia',
  stopTitle: 'Żadnych wiadomości?',
  stop: 'Rezygnuję ze wszystkich wiadomości',
  stopHint: 'To rezygnacja ze wszystkiego naraz. W każdej chwili można tu wrócić.',
  dataAsk: 'Co o Państwu wiemy?',
  dataLink: 'Tu można zobaczyć, co jest zapisane, zabrać to ze sobą albo zlecić usunięcie',
};

const signUp: SignUpTexts = {
  title: 'Nasze wiadomości e‑mail',
  intro:
    'Prosimy podać adres, na który możemy pisać. Wyślemy jedną wiadomość z linkiem; kolejne przyjdą dopiero po potwierdzeniu.',
  email: 'Adres e‑mail',
  topics: 'Tematy, które Państwa interesują',
  button: 'Proszę o link',
  noneTitle: 'Nie ma tu nic do zamówienia',
  none: 'Ten serwer nie oferuje wiadomości do zamówienia. Jeśli trafili tu Państwo z wiadomości, linki w niej nadal działają.',
  wrongEmail: 'To nie jest adres e‑mail. Prosimy zapisać go tak: anna@example.com.',
  wrongTopics: 'Prosimy zaznaczyć co najmniej jeden temat.',
  thanksTitle: 'Prosimy zajrzeć do skrzynki',
  thanks: [
    'Jeśli adres ',
    ' może otrzymywać nasze wiadomości, a nie zostały już zamówione, wiadomość z linkiem jest w drodze. Wystarczy potwierdzić w ciągu siedmiu dni.',
  ],
  thanksHint: 'Po kilku minutach nadal nic? Prosimy zajrzeć do niechcianej poczty albo spróbować później.',
  confirmTitle: 'Czy chcą Państwo otrzymywać te wiadomości?',
  confirmIntro: [
    'Będą przychodzić na adres ',
    '. W każdej chwili można z nich zrezygnować, klikając link w wiadomości.',
  ],
  youAgree: 'Naciśnięcie przycisku oznacza:',
  yes: 'Tak, chcę otrzymywać te wiadomości',
  no: 'Nie, to nie moje zamówienie',
  stop: 'Rezygnuję z tych wiadomości',
  yesTitle: 'Dziękujemy, wszystko gotowe',
  yesText: ['Od teraz na adres ', ' będą przychodzić wiadomości:'],
  wouldText: ['Zgoda jest zapisana dla adresu ', '. Dotyczy:'],
  blockedTitle: 'Zgoda jest zapisana, ale wiadomości nie mogą przychodzić',
  suppressed: (reason) => `Obecnie nie wolno nam pisać na ten adres (${reason}).`,
  suppressedMend:
    'Można podać inny adres. Jeśli na ten przychodzi poczta i mają Państwo ochotę na naszą, prosimy napisać do nadawcy tych wiadomości:',
  paused: (day) => `Poprosili nas Państwo o przerwę. Wiadomości znów będą przychodzić od dnia ${day}.`,
  stoppedTitle: 'Zrezygnowali Państwo z tych wiadomości',
  stopped: ['Zgoda była dla adresu ', ', a później nastąpiła rezygnacja:'],
  stoppedToo: 'Z tych zrezygnowali Państwo później:',
  noTitle: 'Dziękujemy za odpowiedź',
  noText: ['Nie wysyłamy takich wiadomości na adres ', '.'],
  expiredTitle: 'Ten link jest zbyt stary',
  expired: 'Był ważny siedem dni i nie został użyty. Nie przyjdą z niego żadne wiadomości.',
  expiredAgreed: 'Był ważny siedem dni. Nic nie trzeba robić, bo zgoda została wyrażona w inny sposób.',
  refusedTitle: 'Odpowiedź brzmiała: nie',
  refused: 'Dlatego nie przyjdą żadne wiadomości.',
  laterTitle: 'Te wiadomości przychodzą',
  later: 'Tutaj odpowiedź brzmiała „nie”, a później, w inny sposób, „tak”.',
  anew: ['Jeśli jednak chcą Państwo otrzymywać te wiadomości, prosimy ', 'zamówić je jeszcze raz', '.'],
};

/** What the public pages say in Polish. */
export const pl: Texts = {
  lang: 'pl',
  locale: 'pl-PL',
  quote: (text) => `„${text}”`,
  data,
  problems: {
    link: {
      title: 'Ten link donikąd nie prowadzi',
      text: 'Został po drodze ucięty albo wiadomość, do której należy, nie jest już przechowywana. Prosimy otworzyć go jeszcze raz z wiadomości.',
    },
    nothing: {
      title: 'Tu nic nie ma',
      text: 'Być może adres został po drodze ucięty. Prosimy otworzyć go jeszcze raz z wiadomości.',
    },
    tooMuch: {
      title: 'To było za dużo',
      text: 'Przysłano więcej, niż te strony kiedykolwiek potrzebują.',
    },
    restarting: {
      title: 'Prosimy spróbować za chwilę',
      text: 'Ten serwer właśnie uruchamia się na nowo. Polecenie nie zostało jeszcze wykonane.',
    },
    ours: {
      title: 'Coś się tu nie udało',
      text: 'To nasza wina i nic się nie zmieniło. Prosimy spróbować ponownie za minutę.',
    },
    theirs: {
      title: 'Nie udało się tego zrozumieć',
      text: 'Prosimy wrócić do wiadomości i jeszcze raz otworzyć link.',
    },
  },
  gone: {
    title: 'Nic już o Państwu nie przechowujemy',
    text: 'Dane osoby, do której wysłano tę wiadomość, zostały na jej prośbę usunięte, a wraz z nimi to, dokąd prowadził ten link. Nie przyjdą już żadne wiadomości, więc nie ma z czego rezygnować ani czego zmieniać. Wiadomość można wyrzucić.',
  },
  home: {
    title: 'To jest Dear',
    what: 'Ten serwer wysyła wiadomości do osób, które o nie poprosiły, i odpowiada na linki w tych wiadomościach.',
    reader:
      'Jeśli trafili tu Państwo z wiadomości, prosimy jeszcze raz otworzyć zawarty w niej link: każda wiadomość ma własne linki, aby z niej zrezygnować i wybrać, jak często mają przychodzić.',
    signUp: 'Nasze wiadomości e‑mail',
    operator: [
      'Dla osoby, która prowadzi ten serwer: ',
      ' pokazuje, co on potrafi, a ',
      ' – jak jest ustawiony.',
    ],
  },
  unsubscribe,
  preferences,
  signUp,
};
