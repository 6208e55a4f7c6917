import type { LetterContext } from './letter.ts';
import type { Reads } from './rewrite.ts';

/** The part of a context that `reads` names. */
export function pickContext(context: LetterContext, reads: Reads): LetterContext {
  const part = (given: Readonly<Record<string, unknown>>, root: string): Record<string, unknown> => {
    const picked: Record<string, unknown> = {};
    // A template cannot name what prototypes hold (scope.ts), so nothing but a property is written here.
    for (const [name, sub] of reads.keys.get(root)?.keys ?? []) {
      if (Object.hasOwn(given, name)) picked[name] = pickValue(given[name], sub);
    }
    return picked;
  };
  // Only keys are left out, so that the parts keep their types.
  return {
    profile: part(context.profile, 'profile'),
    ...(context.traits && { traits: part(context.traits, 'traits') }),
    data: part(context.data, 'data') as LetterContext['data'],
    modules: part(context.modules, 'modules') as LetterContext['modules'],
    settings: part(context.settings, 'settings') as LetterContext['settings'],
  };
}

function pickValue(value: unknown, reads: Reads): unknown {
  if (reads.whole || typeof value !== 'object' || value === null) return value;
  const items = reads.keys.get('[]');
  if (Array.isArray(value)) {
    return value.map((item: unknown) => (items === undefined ? null : pickValue(item, items)));
  }
  const picked: Record<string, unknown> = {};
  if (items !== undefined) {
    for (const [name, part] of Object.entries(value)) {
      if (name !== '__proto__') picked[name] = pickValue(part, reads.keys.get(name) ?? items);
    }
    return picked;
  }
  for (const [name, sub] of reads.keys) {
    if (Object.hasOwn(value, name)) picked[name] = pickValue(Reflect.get(value, name), sub);
  }
  return picked;
}
