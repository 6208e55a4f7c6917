import { readFile, stat } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { DearError, messageOf } from '../errors.ts';
import { wrongText } from '../profiles/texts.ts';
import { parseRule, type Rule } from './rule.ts';
import { pathText } from './rule-errors.ts';

/** A named rule over profiles and events. */
export interface Segment {
  readonly name: string;
  /** What it is for, in a sentence. */
  readonly about: string | undefined;
  readonly rule: Rule;
  /** Whether profiles get an event when they enter or leave it. */
  readonly follow?: boolean | undefined;
}

const MAX_BYTES = 1_000_000;
const NAME_RULE =
  'must be 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit';

const FileSchema = z.strictObject({
  name: z
    .string({ error: (issue) => (issue.input === undefined ? 'is missing' : NAME_RULE) })
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, { error: NAME_RULE }),
  about: z
    .string({ error: 'must be a text' })
    .max(1000, { error: 'is longer than 1000 characters' })
    .refine((text) => wrongText(text) === undefined, { error: 'contains a character that cannot be stored' })
    .optional(),
  follow: z.boolean({ error: 'must be true or false' }).optional(),
  rule: z.unknown().refine((rule) => rule !== undefined, { error: 'is missing' }),
});

/**
 * Reads a segment from a JSON or YAML file.
 * @throws DearError (usage) naming the file, and the line or the path of what is wrong in it.
 */
export async function readSegmentFile(path: string): Promise<Segment> {
  return parseSegment(await textOf(path), path);
}

/** Reads a segment from the text of a file; `file` is what messages call it. */
export function parseSegment(text: string, file: string): Segment {
  const plain = text.replace(/^\uFEFF/, '');
  const value = parsed(plain, file);
  const result = FileSchema.safeParse(value);
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => {
      if (issue.code === 'unrecognized_keys')
        return `has an unknown word ${issue.keys.map(shown).join(', ')}`;
      return issue.path.length === 0 ? 'holds no segment' : `${issue.path.join('.')} ${issue.message}`;
    });
    throw unusable(file, wrong.join('; '));
  }
  const { name, about, rule, follow } = result.data;
  const parsedRule = parseRule(rule, (path) => placeIn(plain, file, ['rule', ...path]));
  return { name, about, rule: parsedRule, ...(follow === undefined ? {} : { follow }) };
}

const shown = (key: string) => JSON.stringify(key.slice(0, 40));

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw unusable(path, `is larger than ${MAX_BYTES} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    if (cause instanceof DearError) throw cause;
    const mend = 'Give the path of a JSON or YAML file in UTF-8 that this user may read.';
    throw new DearError('segment.file', `${path} cannot be read: ${messageOf(cause)}.`, {
      kind: 'usage',
      mend,
      cause,
    });
  }
}

/** JSON is read by the JSON parser, and what is no JSON is read as YAML, whose errors name line and column. */
function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fromYaml(text, file);
  }
}

function fromYaml(text: string, file: string): unknown {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
    const [broken] = document.errors;
    if (broken === undefined) return document.toJS({ maxAliasCount: 100 });
    const { line, col } = lines.linePos(broken.pos[0]);
    throw unusable(`${file}:${line}:${col}`, yamlFault(broken.message));
  } catch (error) {
    if (error instanceof DearError) throw error;
    throw unusable(file, yamlFault(messageOf(error)));
  }
}

/** The parser recurses: a file nested without end exhausts the stack, which is a fault of the file. */
function yamlFault(message: string): string {
  return /call stack/i.test(message) ? 'is nested too deep' : message.replace(/\.$/, '');
}

/** `file:line: path` of a value in the file. JSON is close enough to YAML for its lines to be found as well. */
function placeIn(text: string, file: string, path: readonly PropertyKey[]): string {
  const name = pathText(path).slice(1);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return `${file}:${lines.linePos(node.range[0]).line}: ${name}`;
    }
  } catch {
    // A text that the YAML parser does not manage has no line numbers; the path tells the place.
  }
  return `${file}: ${name}`;
}

function unusable(place: string, what: string): DearError {
  return new DearError('segment.file', `${place}: ${what}.`, {
    kind: 'usage',
    mend: 'A segment file looks like { "name": "repeat-buyers", "about": "…", "rule": { "did": "order", "atLeast": 2 } }.',
  });
}
