import { numberIn, pluralIn } from './numbers.ts';
import type { DataTexts } from './shape-data.ts';

const number = numberIn('fr');
const plural = pluralIn('fr');

/** The words of the page that shows what is stored, in French; its spaces are as in `fr.ts`. */
export const data: DataTexts = {
  title: 'Ce que nous savons de vous',
  intro:
    'Voici, en bref, tout ce qui est enregistré ici à votre sujet. Le téléchargement en contient chaque détail.',
  back: 'Revenir à vos choix',
  you: 'À propos de vous',
  email: 'Adresse e‑mail',
  noEmail: 'aucune',
  since: 'Connu depuis le',
  attributes: 'Ce que nous avons noté',
  externalIds: 'Vos noms dans d’autres systèmes',
  suppressed: (reason) => `Nous n’écrivons jamais à votre adresse (${reason}).`,
  suppressions: {
    'no such mailbox': 'cette boîte n’existe pas',
    'no such mail domain': 'ce domaine n’existe pas',
    'address the server cannot read': 'le serveur de messagerie ne sait pas lire l’adresse',
    'mailbox has moved': 'la boîte a déménagé',
    'the domain takes no mail': 'le domaine n’accepte pas d’e‑mails',
    complaint: 'une plainte',
    'hard bounce': 'des e‑mails sont revenus',
  },
  consents: 'Ce que vous avez accepté',
  noConsents: 'Vous n’avez accepté aucun e‑mail.',
  consentState: {
    in: 'Vous avez accepté',
    out: 'Vous n’avez pas accepté',
    pending: 'Pas encore confirmé',
  },
  consentFrom: (when, source) => `depuis le ${when}, source : ${source}`,
  sources: {
    'sign-up page': 'page d’inscription',
    'preference page': 'page de vos choix',
    'unsubscribe link': 'lien de désinscription',
    'one-click': 'bouton de désinscription de votre messagerie',
    'unsubscribe taken back': 'désinscription annulée',
    'confirmation refused': 'non à la demande de confirmation',
  },
  confirmed: (source) => `${source}, confirmé`,
  signUpAt: (place) => `inscription : ${place}`,
  wording: 'Texte exact :',
  proof: 'Conservé comme preuve :',
  history: (count) => `Historique (${plural(count, { one: '# entrée', other: '# entrées' })})`,
  historyLine: (state, topic, source) =>
    `${topic} : ${{ in: 'oui', out: 'non', pending: 'confirmation demandée' }[state]} (${source})`,
  events: 'Ce qui s’est passé',
  noEvents: 'Rien n’est noté.',
  kinds: {
    opened: 'E‑mails ouverts',
    clicked: 'Liens suivis',
    replied: 'E‑mails auxquels vous avez répondu',
    autoReplied: 'Réponses automatiques de votre boîte',
    unsubscribed: 'Désinscriptions',
    resubscribed: 'Désinscriptions annulées',
    order: 'Commandes',
    view: 'Articles regardés',
  },
  eventSums: (kind, count, first, last) =>
    `${kind} : ${number(count)} fois, ${count === 1 ? `le ${first}` : `du ${first} au ${last}`}`,
  newestEvents: (shown, all) =>
    shown < all ? `Les ${number(shown)} plus récents sur ${number(all)}` : `Tous (${number(all)})`,
  happened: {
    opened: ({ campaign }) => `Vous avez ouvert un e‑mail${campaign ? ` (${campaign})` : ''}.`,
    clicked: ({ campaign, url }) =>
      `Vous avez suivi un lien dans un e‑mail${campaign ? ` (${campaign})` : ''}${url ? ` : ${url}` : '.'}`,
    replied: ({ campaign }) => `Vous avez répondu à un e‑mail${campaign ? ` (${campaign})` : ''}.`,
    autoReplied: ({ campaign }) =>
      `Votre boîte a répondu d’elle-même à un e‑mail${campaign ? ` (${campaign})` : ''}.`,
    unsubscribed: ({ how }) => `Vous avez arrêté des e‑mails${how ? ` (${how})` : ''}.`,
    resubscribed: () => 'Vous avez annulé une désinscription.',
    order: () => 'Vous avez commandé quelque chose.',
    view: () => 'Vous avez regardé quelque chose.',
  },
  letters: 'E‑mails qui vous sont adressés',
  noLetters: 'Nous ne vous en avons envoyé aucun.',
  lettersShown: (shown, all) => `Les ${number(shown)} plus récents sur ${number(all)} :`,
  letterStates: {
    accepted: 'envoyé',
    waiting: 'attend d’être envoyé',
    sending: 'est en route',
    failed: 'envoyé, mais votre serveur de messagerie ne l’a pas accepté',
    unknown: 'peut-être envoyé ; nous n’avons jamais eu de réponse',
    skipped: 'pas envoyé ; la raison n’a pas été conservée',
  },
  skippedBecause: (reason) => `pas envoyé : ${reason}`,
  reasons: {
    'no consent': 'vous n’aviez pas accepté de tels e‑mails',
    suppressed: 'votre adresse est de celles auxquelles nous n’écrivons pas',
    'over frequency': 'cela aurait fait plus d’e‑mails que vous ne souhaitez',
    'only important letters': 'vous ne souhaitez que les e‑mails les plus importants',
    'paused by the customer': 'vous aviez demandé une pause',
    holdout:
      'vous étiez parmi les quelques personnes qui n’en ont pas reçu, pour que nous voyions à quoi servent les e‑mails',
    'data missing': 'nous n’en savions pas assez pour l’écrire',
    'invalid address': 'il n’était pas possible d’écrire à votre adresse',
    'no address': 'nous ne connaissions pas votre adresse',
    'no longer worth sending': 'il serait arrivé trop tard',
    cancelled: 'nous y avons renoncé',
    merged: 'vous l’avez reçu à une autre adresse',
  },
  reactions: {
    opened: 'ouvert',
    clicked: 'lien suivi',
    replied: 'réponse reçue',
    unsubscribed: 'suivi d’une désinscription',
  },
  takeTitle: 'L’emporter',
  take: 'Un fichier pour les machines et pour celles et ceux qui aiment regarder de près (JSON).',
  download: 'Tout télécharger',
  eraseTitle: 'Le faire effacer',
  eraseHint: 'Nous vous oublions alors : plus d’e‑mails, et rien de ce qui précède n’est conservé.',
  eraseLink: 'Effacer tout ce qui me concerne',
  confirmTitle: 'Effacer tout ce qui vous concerne ?',
  confirmText: [
    'On ne peut pas revenir en arrière. Tout ce qui est enregistré à votre sujet est supprimé : vos choix, ce que vous avez fait, le contenu des e‑mails qui vous ont été envoyés.',
    'Il reste une marque tirée de votre adresse, que personne ne peut relire, pour qu’aucune importation ne nous fasse vous écrire à nouveau ; et le simple nombre d’e‑mails envoyés.',
  ],
  confirmField: 'Pour être sûrs que c’est bien vous : l’adresse à laquelle l’e‑mail a été envoyé',
  confirmHint: (masked) => `Elle ressemble à ceci : ${masked}`,
  confirmButton: 'Tout effacer',
  confirmWrong: 'Ce n’est pas l’adresse à laquelle l’e‑mail a été envoyé. Rien n’a été effacé.',
  keep: 'Non, tout garder',
  erasedTitle: 'Tout ce qui vous concerne est effacé',
  erased:
    'Nous ne savons plus rien de vous, et vous ne recevez plus d’e‑mails. Un e‑mail déjà en route peut encore arriver.',
};
