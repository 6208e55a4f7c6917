import { numberIn, pluralIn } from './numbers.ts';
import type { DataTexts } from './shape-data.ts';

const number = numberIn('it');
const plural = pluralIn('it');
const times = (count: number) => plural(count, { one: 'una volta', other: '# volte' });

/** The words of the page that shows what is stored, in Italian. */
export const data: DataTexts = {
  title: 'Che cosa sappiamo di lei',
  intro:
    'Questo è, in breve, tutto ciò che è conservato qui su di lei. Il file da scaricare ne contiene ogni dettaglio.',
  back: 'Torna alle sue scelte',
  you: 'Su di lei',
  email: 'Indirizzo e‑mail',
  noEmail: 'nessuno',
  since: 'Noto da',
  attributes: 'Che cosa abbiamo annotato',
  externalIds: 'I suoi nomi in altri sistemi',
  suppressed: (reason) => `Non scriviamo mai al suo indirizzo (${reason}).`,
  suppressions: {
    'no such mailbox': 'questa casella non esiste',
    'no such mail domain': 'questo dominio di posta non esiste',
    'address the server cannot read': 'il server di posta non sa leggere l’indirizzo',
    'mailbox has moved': 'la casella è stata trasferita',
    'the domain takes no mail': 'il dominio non accetta posta',
    complaint: 'un reclamo',
    'hard bounce': 'le e‑mail sono tornate indietro',
  },
  consents: 'Che cosa ha accettato',
  noConsents: 'Non ha accettato alcuna e‑mail.',
  consentState: { in: 'Ha accettato', out: 'Non ha accettato', pending: 'Non ancora confermato' },
  consentFrom: (when, source) => `dal giorno ${when}, fonte: ${source}`,
  sources: {
    'sign-up page': 'pagina di iscrizione',
    'preference page': 'pagina delle sue scelte',
    'unsubscribe link': 'link per disiscriversi',
    'one-click': 'pulsante del suo programma di posta',
    'unsubscribe taken back': 'disiscrizione annullata',
    'confirmation refused': 'no alla richiesta di conferma',
  },
  imported: 'un’importazione',
  otherSystem: 'un altro nostro sistema',
  staff: 'una persona che lavora qui',
  confirmed: (source) => `${source}, confermato`,
  signUpAt: (place) => `iscrizione: ${place}`,
  wording: 'Testo esatto:',
  proof: 'Conservato come prova:',
  history: (count) => `Cronologia (${plural(count, { one: '# voce', other: '# voci' })})`,
  historyLine: (state, topic, source) =>
    `${topic}: ${{ in: 'sì', out: 'no', pending: 'conferma richiesta' }[state]} (${source})`,
  events: 'Che cosa è successo',
  noEvents: 'Non è annotato nulla.',
  kinds: {
    opened: 'E‑mail aperte',
    clicked: 'Link seguiti',
    replied: 'E‑mail a cui ha risposto',
    autoReplied: 'Risposte automatiche della sua casella',
    unsubscribed: 'Disiscrizioni',
    resubscribed: 'Disiscrizioni annullate',
    order: 'Ordini',
    view: 'Articoli guardati',
  },
  eventSums: (kind, count, first, last) =>
    `${kind}: ${times(count)}, ${count === 1 ? `il giorno ${first}` : `dal giorno ${first} al giorno ${last}`}`,
  newestEvents: (shown, all) =>
    shown < all ? `I ${number(shown)} più recenti su ${number(all)}` : `Tutti (${number(all)})`,
  happened: {
    opened: ({ campaign }) => `Ha aperto una e‑mail${campaign ? ` (${campaign})` : ''}.`,
    clicked: ({ campaign, url }) =>
      `Ha seguito un link in una e‑mail${campaign ? ` (${campaign})` : ''}${url ? `: ${url}` : '.'}`,
    replied: ({ campaign }) => `Ha risposto a una e‑mail${campaign ? ` (${campaign})` : ''}.`,
    autoReplied: ({ campaign }) =>
      `La sua casella ha risposto da sola a una e‑mail${campaign ? ` (${campaign})` : ''}.`,
    unsubscribed: ({ how }) => `Ha smesso di ricevere e‑mail${how ? ` (${how})` : ''}.`,
    resubscribed: () => 'Ha annullato una disiscrizione.',
    order: () => 'Ha fatto un ordine.',
    view: () => 'Ha guardato qualcosa.',
  },
  letters: 'E‑mail per lei',
  noLetters: 'Non gliene abbiamo inviata alcuna.',
  lettersShown: (shown, all) => `Le ${number(shown)} più recenti su ${number(all)}:`,
  letterStates: {
    accepted: 'inviata',
    waiting: 'aspetta di essere inviata',
    sending: 'è in viaggio',
    failed: 'inviata, ma il suo server di posta non l’ha accettata',
    unknown: 'forse inviata; non abbiamo mai avuto risposta',
    skipped: 'non inviata; il motivo non è stato conservato',
  },
  skippedBecause: (reason) => `non inviata: ${reason}`,
  reasons: {
    'no consent': 'non aveva accettato queste e‑mail',
    suppressed: 'il suo indirizzo è tra quelli a cui non scriviamo',
    'over frequency': 'sarebbero state più e‑mail di quante ne desidera',
    'only important letters': 'desidera solo le e‑mail più importanti',
    'paused by the customer': 'aveva chiesto una pausa',
    holdout:
      'era tra le poche persone che non l’hanno ricevuta, perché possiamo vedere a che cosa servono le e‑mail',
    'data missing': 'non sapevamo abbastanza per scriverla',
    'invalid address': 'non si poteva scrivere al suo indirizzo',
    'no address': 'non conoscevamo il suo indirizzo',
    'no longer worth sending': 'sarebbe arrivata troppo tardi',
    cancelled: 'l’abbiamo annullata',
    merged: 'l’ha ricevuta a un altro indirizzo',
  },
  reactions: {
    opened: 'aperta',
    clicked: 'link seguito',
    replied: 'ha risposto',
    unsubscribed: 'poi disiscrizione',
  },
  takeTitle: 'Portarlo con sé',
  take: 'Un file per le macchine e per chi ama guardare da vicino (JSON).',
  download: 'Scarica tutto',
  eraseTitle: 'Farlo cancellare',
  eraseHint: 'In tal caso la dimentichiamo: niente più e‑mail, e nulla di quanto sopra è conservato.',
  eraseLink: 'Cancella tutto su di me',
  confirmTitle: 'Cancellare tutto su di lei?',
  confirmText: [
    'Non si può tornare indietro. Tutto ciò che è conservato su di lei viene rimosso: le sue scelte, ciò che ha fatto, il contenuto delle e‑mail che le abbiamo inviato.',
    'Resta un segno ricavato dal suo indirizzo, che nessuno può rileggere, perché nessuna importazione ci faccia scriverle di nuovo; e il semplice numero di e‑mail inviate.',
  ],
  confirmField: 'Per essere sicuri che sia lei: l’indirizzo a cui è stata inviata l’e‑mail',
  confirmHint: (masked) => `Somiglia a questo: ${masked}`,
  confirmButton: 'Cancella tutto',
  confirmWrong: 'Questo non è l’indirizzo a cui è stata inviata l’e‑mail. Non è stato cancellato nulla.',
  keep: 'No, conservare',
  erasedTitle: 'Tutto su di lei è stato cancellato',
  erased:
    'Non sappiamo più nulla di lei, e non riceve più e‑mail. Una che era già in viaggio può ancora arrivare.',
};
