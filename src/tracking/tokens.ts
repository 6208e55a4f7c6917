import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** What a token lets its bearer do, for one send. */
export type TokenKind = 'open' | 'click' | 'unsubscribe' | 'preferences' | 'reply';

/** The signed tokens of one letter: `<send id in base 36>.<signature>`. */
export type SendTokens = Readonly<Record<TokenKind, string>>;

/** The addresses a letter carries. */
export interface LetterUrls {
  readonly open: string;
  /** An address of a counted link, but for its end: the number of its target, of the source's or the decision's `links`. */
  readonly clicks: string;
  readonly unsubscribe: string;
  readonly preferences: string;
}

/** Signs what leaves in a letter and recognises what comes back. */
export interface Tokens {
  of(sendId: number): SendTokens;
  /** @param publicUrl without a slash at its end. */
  urls(publicUrl: string, sendId: number): LetterUrls;
  /** `reply+<id>.<signature>@domain`; the local part is 42 characters at most (RFC 5321 4.5.3.1.1: 64). */
  replyAddress(sendId: number, domain: string): string;
  /** `<<id>.<signature>@domain>`, always the same for a send, so that In-Reply-To leads back to it. */
  messageId(sendId: number, domain: string): string;
  /** The send that the token was signed for, undefined when it is not ours or of another kind. */
  verify(kind: TokenKind, token: string): number | undefined;
  /** The send of one of our reply addresses; case and domain do not matter. */
  sendOfReplyAddress(address: string): number | undefined;
  /** The send of one of our message ids, angle brackets or not. */
  sendOfMessageId(messageId: string): number | undefined;
}

const PURPOSE = 'dear: tokens of letters, 1';
const SIGNATURE_CHARACTERS = 16;
const URL_TOKEN = /^([1-9a-z][0-9a-z]{0,10})\.([A-Za-z0-9_-]{16})$/;
const REPLY_TOKEN = /^([1-9a-z][0-9a-z]{0,10})\.([0-9a-f]{24})$/;
const LONGEST_ADDRESS = 320;

interface Signatures {
  readonly id: string;
  readonly open: string;
  readonly click: string;
  readonly unsubscribe: string;
  readonly preferences: string;
  readonly reply: string;
}

/**
 * Tokens under a secret. A letter costs one HMAC-SHA-512 over its send id: its 512 bits are cut into five
 * independent signatures of 96 bits, one a kind, so that no kind can stand in for another. The last letter's
 * are remembered, because a letter asks for its links, its reply address and its message id in turn.
 * The reply signature is hexadecimal: the local part of an address may lose its case on the way. It also signs
 * the message id, which the same people see and which grants the same: a reply to this letter.
 */
export function makeTokens(secret: string): Tokens {
  const key = createSecretKey(createHmac('sha512', secret).update(PURPOSE).digest());
  let last: { sendId: number; signatures: Signatures } | undefined;
  const sign = (sendId: number): Signatures => {
    if (last?.sendId === sendId) return last.signatures;
    const signatures = signaturesOf(
      createHmac('sha512', key).update(`send:${sendId}`).digest('base64url'),
      sendId,
    );
    last = { sendId, signatures };
    return signatures;
  };
  const verify: Tokens['verify'] = (kind, token) => {
    const parts = (kind === 'reply' ? REPLY_TOKEN : URL_TOKEN).exec(
      kind === 'reply' ? token.toLowerCase() : token,
    );
    const [, id = '', signature = ''] = parts ?? [];
    const sendId = Number.parseInt(id, 36);
    if (!Number.isSafeInteger(sendId)) return undefined;
    return timingSafeEqual(Buffer.from(signature), Buffer.from(sign(sendId)[kind])) ? sendId : undefined;
  };
  return {
    of: (sendId) => tokensOf(sign(sendId)),
    urls: (publicUrl, sendId) => urlsOf(publicUrl, sign(sendId)),
    replyAddress: (sendId, domain) => `reply+${replyToken(sign(sendId))}@${domain}`,
    messageId: (sendId, domain) => `<${replyToken(sign(sendId))}@${domain}>`,
    verify,
    sendOfReplyAddress: (address) => {
      if (address.length > LONGEST_ADDRESS || !/^reply\+/i.test(address)) return undefined;
      return verify('reply', localPart(address.slice('reply+'.length)));
    },
    sendOfMessageId: (messageId) => {
      if (messageId.length > LONGEST_ADDRESS) return undefined;
      return verify('reply', localPart(messageId.trim().replace(/^</, '')));
    },
  };
}

function signaturesOf(digest: string, sendId: number): Signatures {
  // 96 bits are exactly 16 characters of base64url, so every cut falls between two bytes.
  const cut = (index: number) =>
    digest.slice(index * SIGNATURE_CHARACTERS, (index + 1) * SIGNATURE_CHARACTERS);
  return {
    id: sendId.toString(36),
    open: cut(0),
    click: cut(1),
    unsubscribe: cut(2),
    preferences: cut(3),
    reply: Buffer.from(cut(4), 'base64url').toString('hex'),
  };
}

function tokensOf(signatures: Signatures): SendTokens {
  const { id } = signatures;
  return {
    open: `${id}.${signatures.open}`,
    click: `${id}.${signatures.click}`,
    unsubscribe: `${id}.${signatures.unsubscribe}`,
    preferences: `${id}.${signatures.preferences}`,
    reply: replyToken(signatures),
  };
}

function urlsOf(publicUrl: string, signatures: Signatures): LetterUrls {
  const { id } = signatures;
  return {
    open: `${publicUrl}/o/${id}.${signatures.open}.gif`,
    clicks: `${publicUrl}/c/${id}.${signatures.click}/`,
    unsubscribe: `${publicUrl}/u/${id}.${signatures.unsubscribe}`,
    preferences: `${publicUrl}/p/${id}.${signatures.preferences}`,
  };
}

const replyToken = (signatures: Signatures) => `${signatures.id}.${signatures.reply}`;

function localPart(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(0, at);
}
