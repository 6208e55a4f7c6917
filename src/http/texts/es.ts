import { data } from './es-data.ts';
import type { PreferenceTexts, SignUpTexts, Texts, UnsubscribeTexts } from './shape.ts';

const problems: PreferenceTexts['problems'] = {
  form: 'El formulario no ha llegado completo. Envíelo otra vez, por favor.',
  often:
    'Elija una de las opciones de «Con qué frecuencia» y, si indica un número de correos, si es por día, por semana o por mes.',
  max: 'El número de correos debe estar entre 1 y 100.',
  pausedUntil: 'El final de la pausa debe ser una fecha, por ejemplo 2027-01-31.',
  pausedPast: 'El final de la pausa debe ser un día futuro.',
  pausedLong:
    'Una pausa puede durar cinco años como máximo. Para no recibir más correos, quite las marcas o use el botón de abajo.',
  quietHalf: 'Las horas de silencio necesitan un principio y un final.',
  quietTime: 'Las horas de silencio deben ser horas, por ejemplo 21:30.',
  quietEmpty: 'Las horas de silencio no pueden empezar y terminar a la misma hora.',
  timeZone: 'Elija una zona horaria de la lista.',
  language: 'Elija un idioma de la lista.',
};

const unsubscribe: UnsubscribeTexts = {
  askTitle: (topic) => `¿Dejar de recibir correos sobre «${topic}»?`,
  ask: ['Se envían a ', '. Basta con pulsar el botón una vez; tiene efecto al momento.'],
  stop: 'Dejar de recibir estos correos',
  doneTitle: 'Hecho: ya no recibirá estos correos',
  stoppedTitle: 'Ya no recibe estos correos',
  stopped: (topic) => ['', ` ya no recibe correos sobre «${topic}».`],
  inForce: 'Ya está en vigor.',
  mistake: '¿Ha sido un error?',
  again: 'Volver a recibir estos correos',
  backTitle: 'Nos alegra tenerle de vuelta',
  back: (topic) => ['', ` vuelve a recibir correos sobre «${topic}».`],
  sameTitle: 'No se ha cambiado nada',
  same: (topic) => ['', ` no había dado de baja aquí los correos sobre «${topic}».`],
  stopAfterAll: 'Dejar de recibirlos a pesar de todo',
  fewerAsk: '¿Mejor menos correos que ninguno?',
  others: '¿Otros correos?',
  fewer: '¿Mejor menos correos?',
  choose: 'Elija qué recibe y con qué frecuencia',
};

const preferences: PreferenceTexts = {
  title: 'Sus correos',
  intro: ['Estas opciones son para ', ' y tienen efecto al momento.'],
  saved: 'Sus opciones se han guardado.',
  stopped: 'Ya no recibe ningún correo. Si cambia de opinión, marque abajo lo que desee.',
  stale:
    'Después de que abriera la página se cambió algo en otro lugar, y así se ha quedado. Compruebe, por favor, que todo lo de abajo esté como desea.',
  notYet: 'Todavía no se ha cambiado nada',
  problems,
  what: 'Qué recibe',
  whatHint: 'Quite la marca de lo que ya no desee.',
  noTopics: 'Todavía no hay nada que elegir.',
  pending: 'Lo ha pedido y aún no lo ha confirmado. Márquelo para confirmarlo.',
  agree: 'Al marcarlo, usted declara:',
  often: 'Con qué frecuencia',
  oftenHint: 'Todos los correos juntos. El que sobraría espera su turno.',
  rhythm: {
    usual: (usual) => `Su ritmo habitual: ${usual}`,
    all: 'Todos los que haya',
    week: 'Uno por semana como máximo',
    month: 'Uno por mes como máximo',
    important: 'Solo los más importantes',
    own: 'Como máximo',
  },
  usual: (limit) =>
    limit === undefined ? 'todos los que haya' : `${limit.max} por ${preferences.per[limit.per]} como máximo`,
  importantHint: 'Pocas veces, y solo lo que no debería perderse.',
  ownNumber: 'Número de correos',
  ownPer: 'correos por',
  per: { day: 'día', week: 'semana', month: 'mes' },
  pause: 'Una pausa',
  pauseUntil: 'Ningún correo antes del',
  pauseHint: 'Déjelo vacío si no desea una pausa.',
  quiet: 'Horas de silencio',
  quietHint:
    'Entre estas horas no le enviamos ningún correo. Deje ambas vacías si cualquier hora le viene bien.',
  from: 'De',
  to: 'a',
  where: 'Zona horaria e idioma',
  zone: 'Zona horaria',
  zoneHint: (zone) => `Mientras no la sepamos, suponemos: ${zone}.`,
  zoneUnknown: 'Desconocida',
  parts: {
    Africa: 'África',
    America: 'América',
    Antarctica: 'Antártida',
    Arctic: 'Ártico',
    Asia: 'Asia',
    Atlantic: 'Atlántico',
    Australia: 'Australia',
    Europe: 'Europa',
    Indian: 'Océano Índico',
    Pacific: 'Pacífico',
  },
  language: 'Idioma',
  languageHint: 'Para estas páginas, y para los correos que tengamos en ese idioma.',
  languageUsual: 'Sin preferencia',
  save: 'Guardar mis opciones',
  stopTitle: '¿Ningún correo más?',
  stop: 'Dejar de recibir todos los correos',
  stopHint: 'Así se da de baja de todo a la vez. Puede volver aquí cuando quiera.',
  dataAsk: '¿Qué sabemos de usted?',
  dataLink: 'Ver lo que se guarda sobre usted, llevárselo o pedir que se borre',
};

const signUp: SignUpTexts = {
  title: 'Reciba nuestros correos',
  intro:
    'Díganos adónde escribirle. Le enviaremos un correo con un enlace; solo cuando lo haya confirmado recibirá los demás.',
  email: 'Su dirección de correo electrónico',
  topics: 'Sobre qué desea leer',
  button: 'Envíenme el enlace',
  noneTitle: 'Aquí no hay nada a lo que suscribirse',
  none: 'Este servidor no ofrece correos a los que suscribirse. Si viene de un correo, sus propios enlaces siguen funcionando.',
  wrongEmail: 'Esto no es una dirección de correo electrónico. Escríbala así: ana@example.com.',
  wrongTopics: 'Marque al menos un tema sobre el que desee leer.',
  thanksTitle: 'Mire en su buzón, por favor',
  thanks: [
    'Si ',
    ' puede recibir nuestros correos y no los ha pedido ya, va en camino uno con un enlace. Confírmelo en un plazo de siete días, y la suscripción quedará hecha.',
  ],
  thanksHint:
    '¿No ha llegado nada tras unos minutos? Mire en el correo no deseado o inténtelo de nuevo más tarde.',
  confirmTitle: '¿Desea recibir estos correos?',
  confirmIntro: [
    'Se envían a ',
    '. Puede dejar de recibirlos cuando quiera, con un enlace que lleva cada correo.',
  ],
  youAgree: 'Al pulsar el botón, usted declara:',
  yes: 'Sí, deseo estos correos',
  no: 'No, la petición no es mía',
  stop: 'Dejar de recibir estos correos',
  yesTitle: 'Gracias: su suscripción está hecha',
  yesText: ['Desde ahora, ', ' recibe correos sobre:'],
  wouldText: ['Su sí queda guardado para ', '. Se refiere a:'],
  blockedTitle: 'Su sí queda guardado, pero no puede llegar ningún correo',
  suppressed: (reason) => `Por ahora no debemos escribir a esta dirección (${reason}).`,
  suppressedMend:
    'Suscríbase con otra dirección o, si recibe correo en esta y desea el nuestro, escriba a quienes envían estos correos:',
  paused: (day) => `Nos pidió una pausa. Los correos vuelven a partir del ${day}.`,
  stoppedTitle: 'Ha dejado de recibir estos correos',
  stopped: ['Usted los aceptó para ', ', y desde entonces se han dado de baja:'],
  stoppedToo: 'De estos se ha dado de baja desde entonces:',
  noTitle: 'Gracias por decírnoslo',
  noText: ['No enviamos esos correos a ', '.'],
  expiredTitle: 'Este enlace es demasiado antiguo',
  expired: 'Valía siete días y no se usó. No se enviará ningún correo por él.',
  expiredAgreed: 'Valía siete días. No tiene que hacer nada, porque ya aceptó de otra manera.',
  refusedTitle: 'Usted dijo que no',
  refused: 'No se enviará ningún correo por ello.',
  laterTitle: 'Usted recibe estos correos',
  later: 'Aquí dijo que no, y más tarde que sí de otra manera.',
  anew: ['Si a pesar de todo desea estos correos, ', 'suscríbase otra vez', ', por favor.'],
};

/** What the public pages say in Spanish. */
export const es: Texts = {
  lang: 'es',
  locale: 'es-ES',
  quote: (text) => `«${text}»`,
  data,
  problems: {
    link: {
      title: 'Este enlace no lleva a ninguna parte',
      text: 'Se cortó por el camino, o ya no se guarda el correo al que pertenece. Ábralo otra vez desde el correo, por favor.',
    },
    nothing: {
      title: 'Aquí no hay nada',
      text: 'Quizá la dirección se cortó por el camino. Ábrala otra vez desde el correo, por favor.',
    },
    tooMuch: {
      title: 'Ha sido demasiado',
      text: 'Lo que se envió es más de lo que estas páginas piden.',
    },
    restarting: {
      title: 'Inténtelo de nuevo dentro de un momento, por favor',
      text: 'Este servidor se está reiniciando. Su petición todavía no se ha llevado a cabo.',
    },
    ours: {
      title: 'Algo ha fallado aquí',
      text: 'Es culpa nuestra, y no se ha cambiado nada. Inténtelo de nuevo dentro de un minuto, por favor.',
    },
    theirs: {
      title: 'No se entiende la petición',
      text: 'Vuelva al correo y abra otra vez su enlace, por favor.',
    },
  },
  gone: {
    title: 'Ya no se guarda nada sobre usted',
    text: 'Los datos de la persona a la que iba este correo se borraron, como pidió, y con ellos aquello a lo que llevaba este enlace. No llegarán más correos, así que no hay nada que dar de baja ni que cambiar. Puede tirar el correo.',
  },
  home: {
    title: 'Esto es Dear',
    what: 'Este servidor envía correos a quienes los han pedido, y responde a los enlaces de esos correos.',
    reader:
      'Si ha llegado aquí desde un correo, abra otra vez su enlace, por favor: cada correo lleva sus propios enlaces para dejar de recibirlo y para elegir la frecuencia.',
    signUp: 'Reciba nuestros correos',
    operator: [
      'Si usted administra este servidor: ',
      ' muestra lo que sabe hacer, y ',
      ' cómo está configurado.',
    ],
  },
  unsubscribe,
  preferences,
  signUp,
};
