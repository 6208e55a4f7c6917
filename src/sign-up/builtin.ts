import type { ConfirmationSource } from '../content/confirmation.ts';
import { sealSource } from '../content/source.ts';

/** The words of the letter, in the languages of the sign-up page. A new one is a new entry. */
const words = {
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
