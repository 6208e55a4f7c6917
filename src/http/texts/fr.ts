import { data } from './fr-data.ts';
import type { PreferenceTexts, SignUpTexts, Texts, UnsubscribeTexts } from './shape.ts';

const problems: PreferenceTexts['problems'] = {
  form: 'Le formulaire n’est pas arrivé en entier. Merci de l’envoyer à nouveau.',
  often:
    'Choisissez une des possibilités sous « À quelle fréquence » et, pour un nombre d’e‑mails, s’il vaut par jour, par semaine ou par mois.',
  max: 'Le nombre d’e‑mails doit être compris entre 1 et 100.',
  pausedUntil: 'La fin de la pause doit être une date, par exemple 2027-01-31.',
  pausedPast: 'La fin de la pause doit être un jour à venir.',
  pausedLong:
    'Une pause peut durer cinq ans au plus. Pour ne plus recevoir d’e‑mails du tout, décochez-les ou utilisez le bouton ci-dessous.',
  quietHalf: 'Les heures calmes ont besoin d’un début et d’une fin.',
  quietTime: 'Les heures calmes doivent être des heures, par exemple 21:30.',
  quietEmpty: 'Les heures calmes ne peuvent pas commencer et finir à la même heure.',
  timeZone: 'Choisissez un fuseau horaire dans la liste.',
  language: 'Choisissez une langue dans la liste.',
};

const unsubscribe: UnsubscribeTexts = {
  askTitle: (topic) => `Ne plus recevoir les e‑mails « ${topic} » ?`,
  ask: ['Ils sont envoyés à ', '. Un seul clic suffit ; il prend effet immédiatement.'],
  stop: 'Ne plus recevoir ces e‑mails',
  doneTitle: 'C’est fait : vous ne recevrez plus ces e‑mails',
  stoppedTitle: 'Vous ne recevez plus ces e‑mails',
  stopped: (topic) => ['', ` ne reçoit plus les e‑mails « ${topic} ».`],
  inForce: 'C’est déjà en vigueur.',
  mistake: 'C’était une erreur ?',
  again: 'Recevoir à nouveau ces e‑mails',
  backTitle: 'Heureux de vous retrouver',
  back: (topic) => ['', ` reçoit à nouveau les e‑mails « ${topic} ».`],
  sameTitle: 'Rien n’a été modifié',
  same: (topic) => ['', ` n’avait pas arrêté ici les e‑mails « ${topic} ».`],
  stopAfterAll: 'Finalement, ne plus les recevoir',
  fewerAsk: 'Plutôt moins d’e‑mails que pas du tout ?',
  others: 'D’autres e‑mails ?',
  fewer: 'Plutôt moins d’e‑mails ?',
  choose: 'Choisissez ce que vous recevez, et à quelle fréquence',
};

const preferences: PreferenceTexts = {
  title: 'Vos e‑mails',
  intro: ['Ces choix valent pour ', ' et prennent effet immédiatement.'],
  saved: 'Vos choix sont enregistrés.',
  stopped: 'Vous ne recevez plus d’e‑mails. Si vous changez d’avis, cochez ci-dessous ce que vous souhaitez.',
  stale:
    'Après que vous avez ouvert la page, quelque chose a été modifié ailleurs, et nous l’avons laissé ainsi. Merci de vérifier ci-dessous que tout est comme vous le souhaitez.',
  notYet: 'Rien n’a encore été modifié',
  problems,
  what: 'Ce que vous recevez',
  whatHint: 'Décochez ce que vous ne souhaitez plus.',
  noTopics: 'Il n’y a encore rien à choisir.',
  pending: 'Vous l’avez demandé sans l’avoir encore confirmé. Cochez la case pour confirmer.',
  agree: 'En cochant, vous déclarez :',
  often: 'À quelle fréquence',
  oftenHint: 'Tous les e‑mails ensemble. Celui qui serait de trop attend son tour.',
  rhythm: {
    usual: (usual) => `Votre rythme habituel : ${usual}`,
    all: 'Autant qu’il y en a',
    week: 'Un par semaine au plus',
    month: 'Un par mois au plus',
    important: 'Seulement les plus importants',
    own: 'Au plus',
  },
  usual: (limit) =>
    limit === undefined ? 'autant qu’il y en a' : `${limit.max} par ${preferences.per[limit.per]} au plus`,
  importantHint: 'Rarement, et seulement ce qu’il ne faut pas manquer.',
  ownNumber: 'Nombre d’e‑mails',
  ownPer: 'e‑mails par',
  per: { day: 'jour', week: 'semaine', month: 'mois' },
  pause: 'Une pause',
  pauseUntil: 'Pas d’e‑mails avant le',
  pauseHint: 'Laissez vide si vous ne souhaitez pas de pause.',
  quiet: 'Heures calmes',
  quietHint:
    'Aucun e‑mail ne part vers vous entre ces heures. Laissez les deux champs vides si toute heure vous convient.',
  from: 'De',
  to: 'à',
  where: 'Fuseau horaire et langue',
  zone: 'Fuseau horaire',
  zoneHint: (zone) => `Tant qu’il n’est pas connu, nous supposons : ${zone}.`,
  zoneUnknown: 'Inconnu',
  parts: {
    Africa: 'Afrique',
    America: 'Amérique',
    Antarctica: 'Antarctique',
    Arctic: 'Arctique',
    Asia: 'Asie',
    Atlantic: 'Atlantique',
    Australia: 'Australie',
    Europe: 'Europe',
    Indian: 'Océan Indien',
    Pacific: 'Pacifique',
  },
  language: 'Langue',
  languageHint: 'Pour ces pages, et pour les e‑mails qui existent dans cette langue.',
  languageUsual: 'Pas de préférence',
  save: 'Enregistrer mes choix',
  stopTitle: 'Plus d’e‑mails du tout ?',
  stop: 'Ne plus recevoir aucun e‑mail',
  stopHint: 'Cela arrête tout, en une fois. Vous pouvez revenir ici à tout moment.',
  dataAsk: 'Que savons-nous de vous ?',
  dataLink: 'Voir ce qui est enregistré à votre sujet, l’emporter ou le faire effacer',
};

const signUp: SignUpTexts = {
  title: 'Recevoir nos e‑mails',
  intro:
    'Dites-nous où vous écrire. Nous vous envoyons alors un e‑mail avec un lien ; ce n’est qu’après votre confirmation que nous vous écrirons.',
  email: 'Votre adresse e‑mail',
  topics: 'Ce qui vous intéresse',
  button: 'Envoyez-moi le lien',
  noneTitle: 'Il n’y a pas d’inscription ici',
  none: 'Ce serveur ne propose pas d’e‑mails auxquels s’inscrire. Si vous venez d’un e‑mail, ses propres liens fonctionnent toujours.',
  wrongEmail: 'Ce n’est pas une adresse e‑mail. Écrivez-la ainsi : anne@example.com.',
  wrongTopics: 'Cochez au moins un sujet qui vous intéresse.',
  thanksTitle: 'Merci de consulter votre boîte de réception',
  thanks: [
    'Si ',
    ' peut recevoir nos e‑mails et ne les a pas déjà demandés, un e‑mail avec un lien est en route. Confirmez dans les sept jours, et votre inscription est faite.',
  ],
  thanksHint:
    'Toujours rien après quelques minutes ? Regardez parmi les courriers indésirables, ou réessayez plus tard.',
  confirmTitle: 'Souhaitez-vous recevoir ces e‑mails ?',
  confirmIntro: [
    'Ils seront envoyés à ',
    '. Vous pouvez les arrêter à tout moment, par un lien dans chaque e‑mail.',
  ],
  youAgree: 'En cliquant, vous déclarez :',
  yes: 'Oui, je souhaite ces e‑mails',
  no: 'Non, ce n’était pas moi',
  stop: 'Ne plus recevoir ces e‑mails',
  yesTitle: 'Merci, votre inscription est faite',
  yesText: ['Dès maintenant, ', ' reçoit les e‑mails suivants :'],
  wouldText: ['Votre oui est enregistré pour ', '. Il porte sur :'],
  blockedTitle: 'Votre oui est enregistré, mais aucun e‑mail ne peut arriver',
  suppressed: (reason) => `Nous ne devons pas écrire à cette adresse pour le moment (${reason}).`,
  suppressedMend:
    'Inscrivez-vous avec une autre adresse ou, si vous recevez du courrier ici et souhaitez le nôtre, écrivez à ceux qui envoient ces e‑mails :',
  paused: (day) => `Vous nous avez demandé une pause. Les e‑mails reprennent le ${day}.`,
  stoppedTitle: 'Vous avez arrêté ces e‑mails',
  stopped: ['Vous les aviez acceptés pour ', ' ; depuis, ils ont été arrêtés :'],
  stoppedToo: 'Ceux-ci, vous les avez arrêtés depuis :',
  noTitle: 'Merci de nous l’avoir dit',
  noText: ['Nous n’envoyons pas ces e‑mails à ', '.'],
  expiredTitle: 'Ce lien est trop ancien',
  expired: 'Il était valable sept jours et n’a pas été utilisé. Aucun e‑mail n’en résulte.',
  expiredAgreed:
    'Il était valable sept jours. Vous n’avez rien à faire, puisque vous avez donné votre accord autrement.',
  refusedTitle: 'Vous avez dit non',
  refused: 'Aucun e‑mail n’en résulte.',
  laterTitle: 'Vous recevez ces e‑mails',
  later: 'Vous avez dit non ici, puis oui plus tard d’une autre manière.',
  anew: ['Si vous souhaitez tout de même ces e‑mails, merci de ', 'vous inscrire à nouveau', '.'],
};

/** What the public pages say in French. The spaces before ; : ? ! and within « » do not break. */
export const fr: Texts = {
  lang: 'fr',
  locale: 'fr-FR',
  quote: (text) => `« ${text} »`,
  data,
  problems: {
    link: {
      title: 'Ce lien ne mène nulle part',
      text: 'Il a été coupé en route, ou l’e‑mail auquel il appartient n’est plus conservé. Merci de l’ouvrir à nouveau depuis l’e‑mail.',
    },
    nothing: {
      title: 'Il n’y a rien ici',
      text: 'L’adresse a peut-être été coupée en route. Merci de l’ouvrir à nouveau depuis l’e‑mail.',
    },
    tooMuch: {
      title: 'C’était trop',
      text: 'Ce qui a été envoyé dépasse tout ce que ces pages demandent.',
    },
    restarting: {
      title: 'Merci de réessayer dans un instant',
      text: 'Ce serveur redémarre. Votre demande n’a pas encore été exécutée.',
    },
    ours: {
      title: 'Quelque chose n’a pas fonctionné ici',
      text: 'C’est de notre faute, et rien n’a été modifié. Merci de réessayer dans une minute.',
    },
    theirs: {
      title: 'Nous n’avons pas compris',
      text: 'Merci de revenir à l’e‑mail et d’ouvrir son lien à nouveau.',
    },
  },
  gone: {
    title: 'Plus rien n’est enregistré à votre sujet',
    text: 'Les données de la personne à qui cet e‑mail était adressé ont été effacées à sa demande, et avec elles ce à quoi ce lien menait. Il n’y aura plus d’e‑mails, et donc rien à arrêter ni à modifier. Vous pouvez jeter l’e‑mail.',
  },
  home: {
    title: 'Voici Dear',
    what: 'Ce serveur envoie des e‑mails à celles et ceux qui les ont demandés, et répond aux liens de ces e‑mails.',
    reader:
      'Si vous venez d’un e‑mail, merci d’en ouvrir le lien encore une fois : chaque e‑mail a ses propres liens pour l’arrêter et pour choisir la fréquence.',
    signUp: 'Recevoir nos e‑mails',
    operator: [
      'Si vous administrez ce serveur : ',
      ' montre ce qu’il sait faire, et ',
      ' comment il est réglé.',
    ],
  },
  unsubscribe,
  preferences,
  signUp,
};
