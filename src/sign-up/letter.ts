import type { LetterParts } from '../delivery/mime.ts';
import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { Confirmation } from './port.ts';

/** The words of the letter, in one place. */
const words = {
  subject: (sender: string) => `Please confirm: letters from ${sender}`,
  hello: (sender: string, since: string) =>
    `Somebody, we hope you, asked on ${since} (UTC) for letters from ${sender} to this address:`,
  question: 'Is that so? Then please confirm it here:',
  button: 'Yes, I want these letters',
  until: (until: string) => `The link holds until ${until} (UTC).`,
  stranger:
    'If you did not ask for them, you need not do anything: without your confirmation we send nothing more.',
};

/** Where the link of a confirmation leads. */
export function confirmUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/s/${token}`;
}

/** The letter that asks whether a sign-up is meant; the same request always gives the same letter. */
export function confirmationLetter(
  confirmation: Confirmation,
  book: TopicBook,
  url: string,
): Pick<LetterParts, 'subject' | 'text' | 'html'> {
  const sender = book.from?.name || book.from?.address || '';
  const topics = confirmation.topics.map((name) => topicOf(book, name));
  const hello = words.hello(sender, day(confirmation.requestedAt));
  const until = words.until(day(confirmation.expiresAt));
  return {
    subject: words.subject(sender),
    text: [
      hello,
      topics.map(({ title, about }) => `* ${title}${about === undefined ? '' : `: ${about}`}`).join('\n'),
      words.question,
      url,
      until,
      words.stranger,
      '',
    ].join('\n\n'),
    html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(words.subject(sender))}</title></head>
<body style="margin:0;padding:24px;background:#f6f4f0;color:#1f2328;font:17px/1.5 system-ui,Helvetica,Arial,sans-serif">
<div style="max-width:34em;margin:0 auto;padding:28px;background:#ffffff;border-radius:12px">
<p style="margin-top:0">${escaped(hello)}</p>
<ul>${topics.map(topicItem).join('')}</ul>
<p>${escaped(words.question)}</p>
<p><a href="${escaped(url)}" style="display:inline-block;padding:12px 20px;border-radius:10px;background:#1d5c4d;color:#ffffff;font-weight:600;text-decoration:none">${escaped(words.button)}</a></p>
<p style="margin-bottom:0;color:#5b626b;font-size:15px">${escaped(until)} ${escaped(words.stranger)}</p>
</div></body></html>
`,
  };
}

function topicItem({ title, about }: { title: string; about: string | undefined }): string {
  return `<li><strong>${escaped(title)}</strong>${about === undefined ? '' : `<br>${escaped(about)}`}</li>`;
}

const day = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ', ')}`;

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
