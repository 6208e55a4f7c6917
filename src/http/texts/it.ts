import { data } from './it-data.ts';
import type { PreferenceTexts, SignUpTexts, Texts, UnsubscribeTexts } from './shape.ts';

const problems: PreferenceTexts['problems'] = {
  form: 'Il modulo non è arrivato completo. La preghiamo di inviarlo di nuovo.',
  often:
    'Scelga una delle possibilità alla voce «Quanto spesso» e, per un numero di e‑mail, se vale al giorno, alla settimana o al mese.',
  max: 'Il numero di e‑mail deve essere compreso tra 1 e 100.',
  pausedUntil: 'La fine della pausa deve essere una data, per esempio 2027-01-31.',
  pausedPast: 'La fine della pausa deve essere un giorno futuro.',
  pausedLong:
    'Una pausa può durare al massimo cinque anni. Per non ricevere più e‑mail, tolga le spunte o usi il pulsante qui sotto.',
  quietHalf: 'Le ore di silenzio hanno bisogno di un inizio e di una fine.',
  quietTime: 'Le ore di silenzio devono essere orari, per esempio 21:30.',
  quietEmpty: 'Le ore di silenzio non possono iniziare e finire alla stessa ora.',
  timeZone: 'Scelga un fuso orario dall’elenco.',
  language: 'Scelga una lingua dall’elenco.',
};

const unsubscribe: UnsubscribeTexts = {
  askTitle: (topic) => `Non ricevere più le e‑mail su «${topic}»?`,
  ask: ['Vengono inviate a ', '. Basta premere una volta il pulsante; ha effetto subito.'],
  stop: 'Non ricevere più queste e‑mail',
  doneTitle: 'Fatto: non riceverà più queste e‑mail',
  stoppedTitle: 'Non riceve più queste e‑mail',
  stopped: (topic) => ['', ` non riceve più le e‑mail su «${topic}».`],
  inForce: 'È già in vigore.',
  mistake: 'È stato un errore?',
  again: 'Ricevere di nuovo queste e‑mail',
  backTitle: 'Ci fa piacere ritrovarla',
  back: (topic) => ['', ` riceve di nuovo le e‑mail su «${topic}».`],
  sameTitle: 'Non è stato cambiato nulla',
  same: (topic) => ['', ` non aveva fermato qui le e‑mail su «${topic}».`],
  stopAfterAll: 'Non riceverle più, dopotutto',
  fewerAsk: 'Meglio meno e‑mail che nessuna?',
  others: 'Altre e‑mail?',
  fewer: 'Meglio meno e‑mail?',
  choose: 'Scelga che cosa riceve e quanto spesso',
};

const preferences: PreferenceTexts = {
  title: 'Le sue e‑mail',
  intro: ['Queste scelte valgono per ', ' e hanno effetto subito.'],
  saved: 'Le sue scelte sono state salvate.',
  stopped: 'Non riceve più e‑mail. Se cambia idea, spunti qui sotto ciò che desidera.',
  stale:
    'Dopo che ha aperto la pagina qualcosa è stato cambiato altrove, ed è rimasto così. La preghiamo di controllare che qui sotto sia tutto come desidera.',
  notYet: 'Non è ancora stato cambiato nulla',
  problems,
  what: 'Che cosa riceve',
  whatHint: 'Tolga la spunta a ciò che non desidera più.',
  noTopics: 'Non c’è ancora nulla da scegliere.',
  pending: 'Ne ha fatto richiesta e non l’ha ancora confermata. Metta la spunta per confermare.',
  agree: 'Mettendo la spunta dichiara:',
  often: 'Quanto spesso',
  oftenHint: 'Tutte le e‑mail insieme. Quella di troppo aspetta il suo turno.',
  rhythm: {
    usual: (usual) => `Il suo ritmo abituale: ${usual}`,
    all: 'Tutte quelle che ci sono',
    week: 'Al massimo una alla settimana',
    month: 'Al massimo una al mese',
    important: 'Solo le più importanti',
    own: 'Al massimo',
  },
  usual: (limit) =>
    limit === undefined
      ? 'tutte quelle che ci sono'
      : `al massimo ${limit.max} ${preferences.per[limit.per]}`,
  importantHint: 'Di rado, e solo ciò che è meglio non perdere.',
  ownNumber: 'Numero di e‑mail',
  ownPer: 'e‑mail',
  per: { day: 'al giorno', week: 'alla settimana', month: 'al mese' },
  pause: 'Una pausa',
  pauseUntil: 'Nessuna e‑mail prima del',
  pauseHint: 'Lasci vuoto se non desidera una pausa.',
  quiet: 'Ore di silenzio',
  quietHint: 'Tra questi orari non le inviamo e‑mail. Lasci vuoti entrambi i campi se qualsiasi ora va bene.',
  from: 'Dalle',
  to: 'alle',
  where: 'Fuso orario e lingua',
  zone: 'Fuso orario',
  zoneHint: (zone) => `Finché non è noto, supponiamo: ${zone}.`,
  zoneUnknown: 'Non noto',
  parts: {
    Africa: 'Africa',
    America: 'America',
    Antarctica: 'Antartide',
    Arctic: 'Artico',
    Asia: 'Asia',
    Atlantic: 'Atlantico',
    Australia: 'Australia',
    Europe: 'Europa',
    Indian: 'Oceano Indiano',
    Pacific: 'Pacifico',
  },
  language: 'Lingua',
  languageHint: 'Per queste pagine, e per le e‑mail che abbiamo in quella lingua.',
  languageUsual: 'Nessuna preferenza',
  save: 'Salva le mie scelte',
  stopTitle: 'Nessuna e‑mail?',
  stop: 'Non ricevere più alcuna e‑mail',
  stopHint: 'Così si disiscrive da tutto in una volta. Può tornare qui in qualsiasi momento.',
  dataAsk: 'Che cosa sappiamo di lei?',
  dataLink: 'Vedere ciò che è conservato su di lei, portarlo con sé o farlo cancellare',
};

const signUp: SignUpTexts = {
  title: 'Ricevere le nostre e‑mail',
  intro:
    'Ci dica dove scriverle. Le invieremo una e‑mail con un link; solo dopo la sua conferma arriveranno le altre.',
  email: 'Il suo indirizzo e‑mail',
  topics: 'Di che cosa desidera leggere',
  button: 'Inviatemi il link',
  noneTitle: 'Qui non c’è nulla a cui iscriversi',
  none: 'Questo server non offre e‑mail a cui iscriversi. Se arriva da una e‑mail, i link di quella funzionano ancora.',
  wrongEmail: 'Questo non è un indirizzo e‑mail. Lo scriva così: anna@example.com.',
  wrongTopics: 'Spunti almeno un argomento di cui desidera leggere.',
  thanksTitle: 'Guardi nella sua casella di posta',
  thanks: [
    'Se ',
    ' può ricevere le nostre e‑mail e non le ha già richieste, ne è in arrivo una con un link. Confermi entro sette giorni, e l’iscrizione è fatta.',
  ],
  thanksHint: 'Ancora nulla dopo qualche minuto? Guardi nella posta indesiderata, o riprovi più tardi.',
  confirmTitle: 'Desidera ricevere queste e‑mail?',
  confirmIntro: [
    'Vengono inviate a ',
    '. Può smettere di riceverle in qualsiasi momento, con un link in ogni e‑mail.',
  ],
  youAgree: 'Premendo il pulsante dichiara:',
  yes: 'Sì, desidero queste e‑mail',
  no: 'No, la richiesta non è mia',
  stop: 'Non ricevere più queste e‑mail',
  yesTitle: 'Grazie: l’iscrizione è fatta',
  yesText: ['Da ora ', ' riceve e‑mail su:'],
  wouldText: ['Il suo sì è conservato per ', '. Riguarda:'],
  blockedTitle: 'Il suo sì è conservato, ma non può arrivare alcuna e‑mail',
  suppressed: (reason) => `Al momento non dobbiamo scrivere a questo indirizzo (${reason}).`,
  suppressedMend:
    'Si iscriva con un altro indirizzo oppure, se riceve posta qui e desidera la nostra, scriva a chi invia queste e‑mail:',
  paused: (day) => `Ci ha chiesto una pausa. Le e‑mail riprendono dal giorno ${day}.`,
  stoppedTitle: 'Ha smesso di ricevere queste e‑mail',
  stopped: ['Le aveva accettate per ', ', e da allora sono state fermate:'],
  stoppedToo: 'Da allora ha fermato queste:',
  noTitle: 'Grazie per avercelo detto',
  noText: ['Non inviamo queste e‑mail a ', '.'],
  expiredTitle: 'Questo link è troppo vecchio',
  expired: 'Valeva sette giorni e non è stato usato. Non ne derivano e‑mail.',
  expiredAgreed: 'Valeva sette giorni. Non deve fare nulla, perché ha accettato in un altro modo.',
  refusedTitle: 'Ha detto di no',
  refused: 'Non ne derivano e‑mail.',
  laterTitle: 'Lei riceve queste e‑mail',
  later: 'Qui ha detto di no, e più tardi di sì in un altro modo.',
  anew: ['Se desidera comunque queste e‑mail, ', 'si iscriva di nuovo', '.'],
};

/** What the public pages say in Italian. */
export const it: Texts = {
  lang: 'it',
  locale: 'it-IT',
  quote: (text) => `«${text}»`,
  data,
  problems: {
    link: {
      title: 'Questo link non porta da nessuna parte',
      text: 'È stato tagliato lungo la strada, oppure l’e‑mail a cui appartiene non è più conservata. Lo apra di nuovo dall’e‑mail.',
    },
    nothing: {
      title: 'Qui non c’è nulla',
      text: 'Forse l’indirizzo è stato tagliato lungo la strada. Lo apra di nuovo dall’e‑mail.',
    },
    tooMuch: {
      title: 'Era troppo',
      text: 'Quanto è stato inviato è più di ciò che queste pagine chiedono.',
    },
    restarting: {
      title: 'Riprovi tra un momento',
      text: 'Questo server si sta riavviando. La sua richiesta non è ancora stata eseguita.',
    },
    ours: {
      title: 'Qui qualcosa non ha funzionato',
      text: 'La colpa è nostra, e non è stato cambiato nulla. Riprovi tra un minuto.',
    },
    theirs: {
      title: 'La richiesta non si capisce',
      text: 'Torni all’e‑mail e ne apra di nuovo il link.',
    },
  },
  gone: {
    title: 'Su di lei non è più conservato nulla',
    text: 'I dati della persona a cui era diretta questa e‑mail sono stati cancellati, come ha chiesto, e con essi ciò a cui portava questo link. Non arriveranno altre e‑mail, quindi non c’è nulla da fermare o da cambiare. Può gettare l’e‑mail.',
  },
  home: {
    title: 'Questo è Dear',
    what: 'Questo server invia e‑mail a chi le ha chieste, e risponde ai link di quelle e‑mail.',
    reader:
      'Se arriva qui da una e‑mail, ne apra ancora una volta il link: ogni e‑mail ha i propri link per non riceverle più e per scegliere quanto spesso arrivano.',
    signUp: 'Ricevere le nostre e‑mail',
    operator: ['Se gestisce questo server: ', ' mostra che cosa sa fare, e ', ' come è impostato.'],
  },
  unsubscribe,
  preferences,
  signUp,
};
