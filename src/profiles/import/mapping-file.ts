import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { z } from 'zod';
import { DearError, messageOf } from '../../errors.ts';
import type { EventMapping, Expression, ProfileMapping } from './mapping.ts';

/**
 * Reads a mapping from a YAML or JSON file.
 * @throws DearError `import.mapping` naming the file and each place that is wrong
 */
export async function readMappingFile<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  let content: unknown;
  try {
    content = parse(await readFile(path, 'utf8'), { maxAliasCount: 20 });
  } catch (cause) {
    throw new DearError('import.mapping', `The mapping ${path} cannot be read: ${messageOf(cause)}.`, {
      kind: 'usage',
      mend: 'Name a YAML or JSON file.',
      cause,
    });
  }
  return checkMapping(content ?? {}, schema, path);
}

/**
 * A mapping from wherever it came.
 * @throws DearError `import.mapping` naming each place that is wrong
 */
export function checkMapping<S extends z.ZodType>(content: unknown, schema: S, name: string): z.output<S> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`,
  );
  throw new DearError('import.mapping', `The mapping ${name} is not right: ${wrong.join('; ')}.`, {
    kind: 'usage',
    mend: 'Correct it; `--help` of the command shows what can be said.',
  });
}

/** `email=E-Mail,firstName=Vorname` as pairs; what stands right is a column, or a text with `{Column}` in it. */
export function readPairs(texts: readonly string[]): [string, string][] {
  return texts
    .flatMap((text) => text.split(/,(?=[\w.]+=)/))
    .map((pair) => {
      const equals = pair.indexOf('=');
      const target = pair.slice(0, Math.max(equals, 0)).trim();
      const given = pair.slice(equals + 1);
      if (target === '' || given.trim() === '') {
        throw new DearError('import.map', `'${pair}' is no pair of a name and a column.`, {
          kind: 'usage',
          mend: "Write --map 'email=E-Mail,firstName=First name'.",
        });
      }
      return [target, given.includes('{') ? given : `{${given}}`];
    });
}

const profileFields = [
  'email',
  'timeZone',
  'frequency',
  'quietHours',
  'pausedUntil',
  'consentAt',
  'consentWording',
  'consentProof',
] as const;
const eventFields = ['email', 'type', 'at', 'key'] as const;

/** Adds pairs to a mapping of profiles; `consent.TOPIC` is consent, names of no field are attributes. */
export function withProfilePairs(
  mapping: ProfileMapping,
  pairs: readonly [string, string][],
): ProfileMapping {
  const [ids, others] = externalPairs(pairs);
  const { fields, named } = sorted(others, profileFields, 'attributes.');
  const consent = Object.entries(named).flatMap(([name, text]): [string, string][] =>
    name.startsWith('consent.') ? [[name.slice('consent.'.length), text]] : [],
  );
  const attributes = Object.entries(named).filter(([name]) => !name.startsWith('consent.'));
  return {
    rest: mapping.attributes === undefined ? 'keep' : 'drop',
    ...mapping,
    ...fields,
    ...(consent.length > 0 && { consent: added(mapping.consent, consent) }),
    ...(ids.length > 0 && { externalIds: added(mapping.externalIds, ids) }),
    ...(attributes.length > 0 && { attributes: added(mapping.attributes, attributes) }),
  };
}

/** Adds pairs to a mapping of events; names of no field are properties. */
export function withEventPairs(mapping: EventMapping, pairs: readonly [string, string][]): EventMapping {
  const [ids, others] = externalPairs(pairs);
  const { fields, named } = sorted(others, eventFields, 'properties.');
  return {
    rest: mapping.properties === undefined ? 'keep' : 'drop',
    ...mapping,
    ...fields,
    ...(ids.length > 0 && { externalIds: added(mapping.externalIds, ids) }),
    ...(Object.keys(named).length > 0 && { properties: added(mapping.properties, Object.entries(named)) }),
  };
}

const EXTERNAL = 'externalIds.';

/** `externalIds.shop=Customer number`, and the other pairs. */
function externalPairs(pairs: readonly [string, string][]): [[string, string][], [string, string][]] {
  const ids = pairs.filter(([name]) => name.startsWith(EXTERNAL));
  return [
    ids.map(([name, text]) => [name.slice(EXTERNAL.length), text]),
    pairs.filter(([name]) => !name.startsWith(EXTERNAL)),
  ];
}

function sorted(pairs: readonly [string, string][], fields: readonly string[], prefix: string) {
  const isField = (name: string) => fields.includes(name);
  const named = pairs.filter(([name]) => !isField(name));
  return {
    fields: Object.fromEntries(pairs.filter(([name]) => isField(name))),
    named: Object.fromEntries(
      named.map(([name, text]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, text]),
    ),
  };
}

type Expressions = Readonly<Record<string, Expression>>;

function added(
  base: Expressions | undefined,
  more: readonly (readonly [string, string])[],
): Record<string, Expression> {
  return { ...base, ...Object.fromEntries(more) };
}
