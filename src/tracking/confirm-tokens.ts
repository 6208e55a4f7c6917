import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** Signs the link in a letter that asks to confirm a sign-up: `<id in base 36>.<signature of 96 bits>`. */
export interface ConfirmTokens {
  of(confirmationId: number): string;
  /** The confirmation that the token was signed for, undefined when it is not ours. When it expires is stored. */
  verify(token: string): number | undefined;
}

const PURPOSE = 'dear: tokens of confirmations, 1';
const TOKEN = /^([1-9a-z][0-9a-z]{0,10})\.([A-Za-z0-9_-]{16})$/;

/** Tokens under a secret; those of letters are signed with another key and never pass for these. */
export function makeConfirmTokens(secret: string): ConfirmTokens {
  const key = createSecretKey(createHmac('sha512', secret).update(PURPOSE).digest());
  const sign = (id: number) =>
    createHmac('sha256', key).update(`confirmation:${id}`).digest('base64url').slice(0, 16);
  return {
    of: (id) => `${id.toString(36)}.${sign(id)}`,
    verify: (token) => {
      const [, text = '', signature = ''] = TOKEN.exec(token) ?? [];
      const id = Number.parseInt(text, 36);
      if (!Number.isSafeInteger(id)) return undefined;
      return timingSafeEqual(Buffer.from(signature), Buffer.from(sign(id))) ? id : undefined;
    },
  };
}
