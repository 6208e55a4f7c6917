import { numberIn, pluralIn } from './numbers.ts';
import type { DataTexts } from './shape-data.ts';

const number = numberIn('es');
const plural = pluralIn('es');
const times = (count: number) => plural(count, { one: 'una vez', other: '# veces' });

/** The words of the page that shows what is stored, in Spanish. */
export const data: DataTexts = {
  title: 'Lo que sabemos de usted',
  intro: 'Esto es, en resumen, todo lo que se guarda aquí sobre usted. La descarga contiene cada detalle.',
  back: 'Volver a sus opciones',
  you: 'Sobre usted',
  email: 'Dirección de correo electrónico',
  noEmail: 'ninguna',
  since: 'Conocido desde el',
  attributes: 'Lo que hemos anotado',
  externalIds: 'Sus nombres en otros sistemas',
  suppressed: (reason) => `Nunca escribimos a su dirección (${reason}).`,
  suppressions: {
    'no such mailbox': 'ese buzón no existe',
    'no such mail domain': 'ese dominio de correo no existe',
    'address the server cannot read': 'el servidor de correo no puede leer la dirección',
    'mailbox has moved': 'el buzón se ha trasladado',
    'the domain takes no mail': 'el dominio no acepta correo',
    complaint: 'una queja',
    'hard bounce': 'los correos volvieron',
  },
  consents: 'Lo que ha aceptado',
  noConsents: 'No ha aceptado ningún correo.',
  consentState: { in: 'Lo ha aceptado', out: 'No lo ha aceptado', pending: 'Todavía sin confirmar' },
  consentFrom: (when, source) => `desde el ${when}, fuente: ${source}`,
  sources: {
    'sign-up page': 'página de suscripción',
    'preference page': 'página de sus opciones',
    'unsubscribe link': 'enlace para darse de baja',
    'one-click': 'botón de baja de su programa de correo',
    'unsubscribe taken back': 'baja anulada',
    'confirmation refused': 'no a la pregunta de confirmación',
  },
  confirmed: (source) => `${source}, confirmado`,
  signUpAt: (place) => `suscripción: ${place}`,
  wording: 'Texto exacto:',
  proof: 'Guardado como prueba:',
  history: (count) => `Historial (${plural(count, { one: '# entrada', other: '# entradas' })})`,
  historyLine: (state, topic, source) =>
    `${topic}: ${{ in: 'sí', out: 'no', pending: 'se pidió confirmación' }[state]} (${source})`,
  events: 'Qué ha pasado',
  noEvents: 'No hay nada anotado.',
  kinds: {
    opened: 'Correos abiertos',
    clicked: 'Enlaces seguidos',
    replied: 'Correos respondidos',
    autoReplied: 'Respuestas automáticas de su buzón',
    unsubscribed: 'Bajas',
    resubscribed: 'Bajas anuladas',
    order: 'Pedidos',
    view: 'Artículos vistos',
  },
  eventSums: (kind, count, first, last) =>
    `${kind}: ${times(count)}, ${count === 1 ? `el ${first}` : `del ${first} al ${last}`}`,
  newestEvents: (shown, all) =>
    shown < all ? `Los ${number(shown)} más recientes de ${number(all)}` : `Todos (${number(all)})`,
  happened: {
    opened: ({ campaign }) => `Abrió un correo${campaign ? ` (${campaign})` : ''}.`,
    clicked: ({ campaign, url }) =>
      `Siguió un enlace de un correo${campaign ? ` (${campaign})` : ''}${url ? `: ${url}` : '.'}`,
    replied: ({ campaign }) => `Respondió a un correo${campaign ? ` (${campaign})` : ''}.`,
    autoReplied: ({ campaign }) =>
      `Su buzón respondió por sí solo a un correo${campaign ? ` (${campaign})` : ''}.`,
    unsubscribed: ({ how }) => `Se dio de baja de los correos${how ? ` (${how})` : ''}.`,
    resubscribed: () => 'Anuló una baja.',
    order: () => 'Hizo un pedido.',
    view: () => 'Miró algo.',
  },
  letters: 'Correos para usted',
  noLetters: 'No le hemos enviado ninguno.',
  lettersShown: (shown, all) => `Los ${number(shown)} más recientes de ${number(all)}:`,
  letterStates: {
    accepted: 'enviado',
    waiting: 'espera a ser enviado',
    sending: 'está en camino',
    failed: 'enviado, pero su servidor de correo no lo aceptó',
    unknown: 'quizá enviado; nunca tuvimos respuesta',
    skipped: 'no enviado; no se guardó el motivo',
  },
  skippedBecause: (reason) => `no enviado: ${reason}`,
  reasons: {
    'no consent': 'usted no había aceptado esos correos',
    suppressed: 'su dirección está entre aquellas a las que no escribimos',
    'over frequency': 'habrían sido más correos de los que desea',
    'only important letters': 'usted desea solo los correos más importantes',
    'paused by the customer': 'usted pidió una pausa',
    holdout:
      'usted estaba entre las pocas personas que no lo recibieron, para que veamos de qué sirven los correos',
    'data missing': 'no sabíamos lo suficiente para escribirlo',
    'invalid address': 'no se podía escribir a su dirección',
    'no address': 'no conocíamos su dirección',
    'no longer worth sending': 'habría llegado demasiado tarde',
    cancelled: 'lo anulamos',
    merged: 'lo recibió en otra dirección',
  },
  reactions: {
    opened: 'abierto',
    clicked: 'enlace seguido',
    replied: 'respondido',
    unsubscribed: 'después se dio de baja',
  },
  takeTitle: 'Llevárselo',
  take: 'Un archivo para máquinas y para quienes gustan de mirar con detalle (JSON).',
  download: 'Descargarlo todo',
  eraseTitle: 'Pedir que se borre',
  eraseHint: 'Entonces le olvidamos: ningún correo más, y no se conserva nada de lo anterior.',
  eraseLink: 'Borrar todo sobre mí',
  confirmTitle: '¿Borrar todo sobre usted?',
  confirmText: [
    'Esto no se puede deshacer. Se elimina todo lo que se guarda sobre usted: sus opciones, lo que hizo, el contenido de los correos que recibió.',
    'Queda una marca hecha a partir de su dirección, que nadie puede volver a leer, para que ninguna importación nos haga escribirle otra vez; y el simple número de correos enviados.',
  ],
  confirmField: 'Para asegurarnos de que es usted: la dirección a la que se envió el correo',
  confirmHint: (masked) => `Es parecida a esta: ${masked}`,
  confirmButton: 'Borrarlo todo',
  confirmWrong: 'Esta no es la dirección a la que se envió el correo. No se ha borrado nada.',
  keep: 'No, conservarlo',
  erasedTitle: 'Todo sobre usted se ha borrado',
  erased:
    'Ya no sabemos nada de usted, y no recibirá correos. Uno que ya estuviera en camino puede llegar todavía.',
};
