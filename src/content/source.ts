import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DearError } from '../errors.ts';

const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be a name of letters, digits and _')
  .refine(
    (text) => text !== '__proto__' && text !== 'constructor' && text !== 'prototype',
    'cannot be used as a name',
  );

/** What a module or campaign says of data that its letter needs: the customer's own newest events of a type. */
export const dataRequest = z.strictObject({
  event: z.string().min(1),
  /** Only the newest of those that share this property. */
  distinct: z.string().min(1).optional(),
  newest: z.int().min(1).max(100).default(3),
  atLeast: z.int().min(0).max(100).default(1),
  /** Properties that must equal these values. */
  where: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

export const dataRequests = z.record(name, dataRequest);

/**
 * One need of a letter: that customer's own `newest` events of type `event`, newest first. Fewer than `atLeast`
 * means that the letter lacks the data, unless every module that asked for it is left out for this customer.
 */
export const dataNeed = dataRequest.extend({
  /** Keys of the conditional modules that alone need it; absent when the letter always does. */
  onlyFor: z.array(z.string()).optional(),
});

export type DataRequest = z.output<typeof dataRequest>;
export type DataNeed = z.output<typeof dataNeed>;

const letterSourceParts = z.strictObject({
  /** The dialect that the templates below are written in. */
  format: z.literal(1),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  /** Modules that appear only for those whose profile fits `when`, a rule of the segment language. */
  conditions: z.array(z.strictObject({ key: z.string(), when: z.unknown() })),
  data: z.record(z.string(), dataNeed),
  /**
   * Targets of the counted links that are the same in every letter: they have the first numbers, a letter's own those
   * behind them. Sources of earlier versions have none; there all links were each letter's own.
   */
  links: z.array(z.string()).optional(),
});

const letterSource = letterSourceParts.extend({ hash: z.string() });

/**
 * A variant compiled once: all that is needed to render its letters, now or in a year, without the templates
 * folder. Plain JSON; `hash` is the SHA-256 of its canonical form and names this version.
 */
export type LetterSource = z.output<typeof letterSource>;
export type LetterSourceParts = z.output<typeof letterSourceParts>;

/** Seals the parts of a letter's source with their hash. */
export function sealSource(parts: LetterSourceParts): LetterSource {
  const plain: unknown = JSON.parse(JSON.stringify(parts));
  return letterSource.parse({ ...letterSourceParts.parse(plain), hash: hashOf(plain) });
}

/**
 * Reads a source back from where it was stored.
 * @throws DearError `letter.damaged` when it is not what was sealed.
 */
export function parseLetterSource(stored: unknown): LetterSource {
  const result = letterSource.safeParse(stored);
  if (result.success) {
    const { hash, ...parts } = result.data;
    if (hashOf(parts) === hash) return result.data;
  }
  throw new DearError(
    'letter.damaged',
    'A stored letter source is not what was stored: its hash does not fit.',
    {
      mend: 'Restore the database from a backup; a letter is never rendered from a source that was changed.',
    },
  );
}

function hashOf(parts: unknown): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

/** JSON with sorted keys and nothing undefined, so that equal values have equal text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`);
    return `{${parts.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
