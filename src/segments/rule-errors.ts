import type { z } from 'zod';
import { DearError } from '../errors.ts';
import { closest } from '../profiles/closest.ts';
import { isDuration } from './moment.ts';
import { isTraitName, operatorsOf } from './trait-words.ts';
import { CHOICE } from './tree.ts';

type Issue = z.core.$ZodIssue;
interface Flaw {
  path: PropertyKey[];
  text: string;
  unknownWord?: true;
}

const MAX_SHOWN = 3;

/** Words of other rule languages, and what they are called here. */
const OTHER_WORDS = new Map([
  ['equals', 'is'],
  ['eq', 'is'],
  ['=', 'is'],
  ['==', 'is'],
  ['not', 'isNot'],
  ['ne', 'isNot'],
  ['neq', 'isNot'],
  ['!=', 'isNot'],
  ['oneOf', 'in'],
  ['>', 'gt'],
  ['>=', 'gte'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['greaterThan', 'gt'],
  ['lessThan', 'lt'],
  ['moreThan', 'gt'],
  ['min', 'atLeast'],
  ['max', 'atMost'],
  ['times', 'exactly'],
  ['count', 'atLeast'],
  ['last', 'within'],
  ['since', 'after'],
  ['and', 'all'],
  ['or', 'any'],
  ['event', 'did'],
]);

/**
 * Turns the issues of the rule schema into one error that a marketer can act on.
 * @param placeOf what the place at a path within the rule is called.
 */
export function explainRule(
  issues: readonly Issue[],
  value: unknown,
  placeOf: (path: readonly PropertyKey[]) => string,
): DearError {
  const flaws = withoutEchoes(issues.flatMap((issue) => flawsOf(issue, value, [])));
  const shown = flaws.slice(0, MAX_SHOWN).map((flaw) => `${placeOf(flaw.path)} ${flaw.text}`);
  const more = flaws.length > MAX_SHOWN ? `; and ${flaws.length - MAX_SHOWN} more` : '';
  const message = `${shown.join('; ')}${more}`;
  return new DearError('segment.rule', message.endsWith('?') ? message : `${message}.`, {
    kind: 'usage',
    mend: 'A rule looks like { "attribute": "country", "is": "France" } or { "did": "order", "atLeast": 2, "within": "90d" }.',
  });
}

/** A misspelt operator is an unknown word, and a missing operator besides: the first says it all. */
function withoutEchoes(flaws: readonly Flaw[]): Flaw[] {
  const misspelt = new Set(flaws.filter((flaw) => flaw.unknownWord).map((flaw) => pathText(flaw.path)));
  return flaws.filter((flaw) => flaw.unknownWord || !misspelt.has(pathText(flaw.path)));
}

/** What the path of a flaw is called in messages: `.all[1].where`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^\w{1,40}$/.test(String(key)) ? `.${String(key)}` : `[${quoted(String(key))}]`;
    })
    .join('');
}

function flawsOf(issue: Issue, value: unknown, above: PropertyKey[]): Flaw[] {
  const path = [...above, ...issue.path];
  const found = issue.path.reduce<unknown>(child, value);
  if (issue.code === 'invalid_union' && issue.message.startsWith(CHOICE)) {
    return choiceFlaws(issue, issue.message.slice(CHOICE.length).split(' '), found, path);
  }
  if (issue.code === 'unrecognized_keys') {
    return [{ path, text: unknownWords(issue.keys, allowedBeside(found, path)), unknownWord: true }];
  }
  if (issue.code === 'custom' || issue.code === 'invalid_union') return [{ path, text: issue.message }];
  return [{ path, text: found === undefined ? 'is missing' : issue.message }];
}

/** A rule of no known kind, of two kinds at once, or of one kind and wrong in itself. */
function choiceFlaws(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  kinds: string[],
  found: unknown,
  path: PropertyKey[],
): Flaw[] {
  const known = `a rule has one of ${kinds.join(', ')}`;
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    return [{ path, text: `must be a rule; ${known}` }];
  }
  const keys = Object.keys(found);
  const [kind, second] = kinds.filter((word) => keys.includes(word));
  if (kind === undefined) {
    const hint = keys.map((key) => meant(key, kinds)).find((word) => word !== undefined);
    const has = keys.length === 0 ? 'is empty' : `has ${listOf(keys)}, which makes no rule`;
    return [{ path, text: `${has}; ${known}${didYouMean(hint)}` }];
  }
  if (second !== undefined && second === 'last' && isDuration(String(child(found, second)))) {
    return [{ path, text: `has an unknown word "last" beside '${kind}'; did you mean 'within'?` }];
  }
  if (second !== undefined) {
    return [{ path, text: `has both '${kind}' and '${second}'; put two rules under 'all' or 'any'` }];
  }
  const inner = issue.errors[kinds.indexOf(kind)] ?? [];
  return inner.flatMap((nested) => flawsOf(nested, found, path));
}

function unknownWords(keys: readonly string[], allowed: readonly string[]): string {
  const hint = keys.map((key) => meant(key, allowed)).find((word) => word !== undefined);
  const words = keys.length === 1 ? 'an unknown word' : 'unknown words';
  return `has ${words} ${listOf(keys)}; allowed here: ${allowed.join(', ')}${didYouMean(hint)}`;
}

function meant(word: string, allowed: readonly string[]): string | undefined {
  const other = OTHER_WORDS.get(word);
  return other !== undefined && allowed.includes(other) ? other : closest(word, allowed);
}

const TIMES = ['within', 'before', 'after', 'between', 'during'];
const WINDOW = [...TIMES, 'zone'];
const COUNTS = ['atLeast', 'atMost', 'exactly'];
const BOUNDS = ['gt', 'gte', 'lt', 'lte'];
const COMPARING = [
  ...['is', 'isNot', 'in', 'notIn', ...BOUNDS, 'contains', 'startsWith', 'endsWith', 'exists'],
  ...WINDOW,
];
const OCCURRENCE = [...WINDOW, 'where', 'among'];

/** The words that may stand beside those of the rule that was found, in the order in which people meet them. */
function allowedBeside(found: unknown, path: readonly PropertyKey[]): readonly string[] {
  const has = (key: string) => typeof found === 'object' && found !== null && Object.hasOwn(found, key);
  if (path.at(-2) === 'sequence') return ['did', 'didNot', ...WINDOW, 'where'];
  if (path.at(-1) === 'by') return ['trait', 'did', ...WINDOW, 'where', 'sum', 'distinct'];
  if (path.at(-2) === 'by') return path.at(-1) === 'sum' ? ['property', 'times'] : ['property'];
  if (has('did')) return [...COUNTS, ...WINDOW, 'where', 'sum', 'distinct'];
  if (has('didNot')) return [...WINDOW, 'where'];
  if (has('first') || has('last')) return OCCURRENCE;
  if (has('top') || has('bottom')) return ['by'];
  if (has('letter')) return ['campaign', 'variant', ...WINDOW];
  if (has('trait')) return traitWords(found);
  if (has('attribute')) return COMPARING;
  if (path.at(-1) === 'sum') return ['times', ...BOUNDS];
  if (path.at(-1) === 'distinct') return COUNTS;
  if (has('property')) return COMPARING;
  return ['nothing else'];
}

function traitWords(found: unknown): readonly string[] {
  const name = String(child(found, 'trait'));
  return isTraitName(name) ? [...operatorsOf(name), 'zone'] : COMPARING;
}

const child = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
const quoted = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
const listOf = (words: readonly string[]) => {
  const more = words.length > 5 ? ` and ${words.length - 5} more` : '';
  return words.slice(0, 5).map(quoted).join(', ') + more;
};
const didYouMean = (word: string | undefined) => (word === undefined ? '' : `; did you mean '${word}'?`);
