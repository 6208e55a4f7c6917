import { Tokenizer } from 'htmlparser2';

/** An attribute as it stands in the text; `start` and `end` span name, sign and quotes. */
export interface Attribute {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A tag or a comment of a marked-up text, by its place in it. */
export type Piece =
  | {
      readonly kind: 'open' | 'close';
      readonly name: string;
      readonly start: number;
      readonly end: number;
      readonly selfClosing: boolean;
      readonly attributes: readonly Attribute[];
    }
  | { readonly kind: 'comment'; readonly start: number; readonly end: number; readonly text: string };

/** Cuts HTML or MJML into its tags and comments, in order; entities stay as they are. */
export function scan(text: string): Piece[] {
  const pieces: Piece[] = [];
  let open: { name: string; start: number; attributes: Attribute[] } | undefined;
  let attribute = { name: '', start: 0, from: -1, to: -1 };
  const close = (endIndex: number, selfClosing: boolean) => {
    if (open) pieces.push({ kind: 'open', ...open, end: endIndex + 1, selfClosing });
    open = undefined;
  };
  const ignore = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: false },
    {
      onopentagname: (start, end) => {
        open = { name: text.slice(start, end).toLowerCase(), start: start - 1, attributes: [] };
      },
      onattribname: (start, end) => {
        attribute = { name: text.slice(start, end).toLowerCase(), start, from: -1, to: -1 };
      },
      onattribdata: (start, end) => {
        if (attribute.from === -1) attribute.from = start;
        attribute.to = end;
      },
      onattribend: (_quote, end) => {
        const { name, start, from, to } = attribute;
        open?.attributes.push({ name, value: from === -1 ? '' : text.slice(from, to), start, end });
      },
      onopentagend: (end) => close(end, false),
      onselfclosingtag: (end) => close(end, true),
      onclosetag: (start, end) => {
        const name = text.slice(start, end).toLowerCase();
        const after = text.indexOf('>', end);
        const last = after === -1 ? text.length : after + 1;
        pieces.push({ kind: 'close', name, start: start - 2, end: last, selfClosing: false, attributes: [] });
      },
      oncomment: (start, end, offset) => {
        const inside = text.slice(start, end - offset);
        pieces.push({ kind: 'comment', start: start - 4, end: end + 1, text: inside });
      },
      onattribentity: ignore,
      oncdata: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onprocessinginstruction: ignore,
      ontext: ignore,
      ontextentity: ignore,
    },
  );
  tokenizer.write(text);
  tokenizer.end();
  return pieces;
}
