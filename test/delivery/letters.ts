import type { LetterFrame, LetterParts } from '../../src/delivery/mime.ts';

/** A frame and parts to build on in tests. */
export const frame: LetterFrame = {
  from: { address: 'hello@shop.example', name: 'The Shop' },
  listId: { id: 'news.shop.example', name: 'News' },
  feedbackId: 'spring:shop:dear',
};

export function parts(changes: Partial<LetterParts> = {}): LetterParts {
  return {
    to: { address: 'ada@example.test', name: 'Ada' },
    replyTo: { address: 'r+abc@reply.shop.example' },
    subject: 'Spring is here',
    html: '<p>Hello</p>\n',
    text: 'Hello\n',
    messageId: 's1.r1@shop.example',
    date: Date.UTC(2025, 6, 1, 10, 0, 0),
    unsubscribe: { url: 'https://shop.example/u/token' },
    send: '42',
    lineEnds: 'any',
    channel: '8bit',
    ...changes,
  };
}

/** The lines of the header section, unfolded. */
export function headerLines(letter: Buffer): string[] {
  return letter.toString('latin1', 0, letter.indexOf('\r\n\r\n')).split(/\r\n(?![ \t])/);
}

/** About as many bytes of HTML as a real letter, other for each number. */
export function bigHtml(number: number, octets = 23_000): string {
  let html = `<!doctype html><html><body><h1>Letter ${number}</h1>\n`;
  for (let row = 0; html.length < octets - 20; row++) {
    html += `  <tr><td style="padding:0 ${row % 9}px;color:#333333">Row ${row} for reader ${number}</td></tr>\n`;
  }
  return `${html}</body></html>\n`;
}
