import type { ConfirmationSource } from '../content/confirmation.ts';
import { sealSource } from '../content/source.ts';

/** What the letter says in one language. */
interface Words {
  readonly subject: string;
  readonly hello: string;
  readonly question: string;
  readonly button: string;
  readonly until: string;
  readonly stranger: string;
}

/** The words of the letter, in the languages of the sign-up page. A new one is a new entry. */
const words: Readonly<Record<string, Words>> = {
  en: {
    subject: 'Please confirm: letters from {{signUp.sender}}',
    hello:
      'Somebody, we hope you, asked on {{date signUp.requestedAt}} for letters from {{signUp.sender}} to this address:',
    question: 'Is that so? Then please confirm it here:',
    button: 'Yes, I want these letters',
    until: 'The link holds until {{date signUp.expiresAt}}.',
    stranger:
      'If you did not ask for them, you need not do anything: without your confirmation we send nothing more.',
  },
  de: {
    subject: 'Bitte bestätigen: E-Mails von {{signUp.sender}}',
    hello:
      'Jemand, hoffentlich Sie, hat am {{date signUp.requestedAt locale="de-DE"}} für diese Adresse E-Mails von {{signUp.sender}} bestellt:',
    question: 'Stimmt das? Dann bestätigen Sie es bitte hier:',
    button: 'Ja, ich möchte diese E-Mails',
    until: 'Der Link gilt bis zum {{date signUp.expiresAt locale="de-DE"}}.',
    stranger:
      'Falls Sie sie nicht bestellt haben, müssen Sie nichts tun: Ohne Ihre Bestätigung schicken wir nichts weiter.',
  },
  fr: {
    subject: 'Merci de confirmer : e-mails de {{signUp.sender}}',
    hello:
      'Quelqu’un, vous sans doute, a demandé le {{date signUp.requestedAt locale="fr-FR"}} à recevoir à cette adresse les e-mails de {{signUp.sender}} :',
    question: 'C’est bien cela ? Alors merci de le confirmer ici :',
    button: 'Oui, je souhaite ces e-mails',
    until: 'Le lien est valable jusqu’au {{date signUp.expiresAt locale="fr-FR"}}.',
    stranger:
      'Si vous ne les avez pas demandés, vous n’avez rien à faire : sans votre confirmation, nous n’envoyons rien de plus.',
  },
  es: {
    subject: 'Confirme, por favor: correos de {{signUp.sender}}',
    hello:
      'Alguien, esperamos que usted, pidió el {{date signUp.requestedAt locale="es-ES"}} recibir en esta dirección los correos de {{signUp.sender}}:',
    question: '¿Es así? Entonces confírmelo aquí, por favor:',
    button: 'Sí, deseo estos correos',
    until: 'El enlace vale hasta el {{date signUp.expiresAt locale="es-ES"}}.',
    stranger: 'Si usted no los pidió, no tiene que hacer nada: sin su confirmación no enviamos nada más.',
  },
  it: {
    subject: 'La preghiamo di confermare: e-mail di {{signUp.sender}}',
    hello:
      'Qualcuno, speriamo lei, ha chiesto in data {{date signUp.requestedAt locale="it-IT"}} di ricevere a questo indirizzo le e-mail di {{signUp.sender}}:',
    question: 'È così? Allora lo confermi qui:',
    button: 'Sì, desidero queste e-mail',
    until: 'Il link vale fino al giorno {{date signUp.expiresAt locale="it-IT"}}.',
    stranger: 'Se non le ha chieste, non deve fare nulla: senza la sua conferma non inviamo altro.',
  },
  nl: {
    subject: 'Wilt u dit bevestigen: e-mails van {{signUp.sender}}',
    hello:
      'Iemand, hopelijk u, heeft op {{date signUp.requestedAt locale="nl-NL"}} voor dit adres e-mails van {{signUp.sender}} aangevraagd:',
    question: 'Klopt dat? Bevestig het dan hier:',
    button: 'Ja, ik wil deze e-mails ontvangen',
    until: 'De link is geldig tot {{date signUp.expiresAt locale="nl-NL"}}.',
    stranger:
      'Hebt u ze niet aangevraagd, dan hoeft u niets te doen: zonder uw bevestiging sturen wij niets meer.',
  },
  pl: {
    subject: 'Prosimy o potwierdzenie: wiadomości od {{signUp.sender}}',
    hello:
      'Ktoś, mamy nadzieję, że Państwo, poprosił {{date signUp.requestedAt locale="pl-PL"}} o wysyłanie na ten adres wiadomości od {{signUp.sender}}:',
    question: 'Czy to się zgadza? Prosimy potwierdzić tutaj:',
    button: 'Tak, chcę otrzymywać te wiadomości',
    until: 'Link jest ważny do {{date signUp.expiresAt locale="pl-PL"}}.',
    stranger: 'Jeśli to nie Państwa prośba, nic nie trzeba robić: bez potwierdzenia nic więcej nie wyślemy.',
  },
  pt: {
    subject: 'Confirme, por favor: e-mails de {{signUp.sender}}',
    hello:
      'Recebemos a {{date signUp.requestedAt locale="pt-PT"}} um pedido, esperamos que seu, para enviar para este endereço os e-mails de {{signUp.sender}}:',
    question: 'É assim? Então confirme-o aqui, por favor:',
    button: 'Sim, desejo estes e-mails',
    until: 'A ligação é válida até {{date signUp.expiresAt locale="pt-PT"}}.',
    stranger: 'Se não os pediu, não precisa de fazer nada: sem a sua confirmação não enviamos mais nada.',
  },
};

/** The letter that asks of those who wrote none of their own. Made of HTML as it is, so that it needs no MJML. */
export function builtinLetters(): ConfirmationSource[] {
  return Object.entries(words).map(([language, say]) => ({
    language,
    source: sealSource({
      format: 1,
      subject: say.subject,
      html: crlf(`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${say.subject}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  body { background: #16191c !important; color: #e6e8ea !important; }
  .card { background: #20252a !important; }
  .soft { color: #a7aeb6 !important; }
}
</style></head>
<body style="margin:0;padding:24px;background:#f6f4f0;color:#1f2328;font:17px/1.5 system-ui,Helvetica,Arial,sans-serif">
<div class="card" style="max-width:34em;margin:0 auto;padding:28px;background:#ffffff;border-radius:12px">
<p style="margin-top:0">${say.hello}</p>
<ul>{{#each signUp.topics}}<li><strong>{{name}}</strong>{{#if about}}<br>{{about}}{{/if}}</li>{{/each}}</ul>
<p>${say.question}</p>
<p><a href="{{urls.confirm}}" style="display:inline-block;padding:12px 20px;border-radius:10px;background:#1d5c4d;color:#ffffff;font-weight:600;text-decoration:none">${say.button}</a></p>
<p class="soft" style="margin-bottom:0;color:#5b626b;font-size:15px">${say.until} ${say.stranger}</p>
</div></body></html>
`),
      text: crlf(
        [
          say.hello,
          '{{#each signUp.topics}}* {{name}}{{#if about}}: {{about}}{{/if}}\n{{/each}}',
          say.question,
          '{{urls.confirm}}',
          say.until,
          say.stranger,
          '',
        ].join('\n\n'),
      ),
      conditions: [],
      data: {},
    }),
  }));
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n');
