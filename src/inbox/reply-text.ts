import { createContext, Script } from 'node:vm';
import EmailReplyParser from 'email-reply-parser';
import { cleanText } from './clean.ts';

const LONGEST_INPUT = 20_000;
const LONGEST_REPLY = 10_000;
const PATIENCE_MS = 300;

const parser = new EmailReplyParser();

/**
 * What somebody wrote in a reply, without the quoted letter and the signature, at most 10,000 characters.
 * The library's expressions take cubic time on lines made for it, so it gets 300 ms (a reply takes well under
 * one); after that the text is kept with its quotes.
 */
export function replyText(text: string): string {
  // Long runs of blanks are what most slows the expressions down, and mean nothing.
  const short = text
    .slice(0, LONGEST_INPUT)
    .replace(/\u00a0/g, ' ')
    .replace(/[^\S\n]{3,}/g, '  ')
    .replace(/\n\s*\n\s*\n+/g, '\n\n');
  const stripped = withinPatience(() => parser.parseReply(short));
  return cleanText((stripped ?? short).trim(), LONGEST_REPLY);
}

/**
 * A watchdog over the work of `call`: of all there is in Node, only `vm` stops a regular expression in its
 * course. The context holds nothing but the call; nothing from outside becomes code.
 */
function withinPatience(call: () => string): string | undefined {
  const box: { call: () => void } = {
    call: () => {
      result = call();
    },
  };
  let result: string | undefined;
  try {
    run.runInContext(createContext(box), { timeout: PATIENCE_MS });
    return result;
  } catch {
    return undefined;
  }
}

const run = new Script('call()');
