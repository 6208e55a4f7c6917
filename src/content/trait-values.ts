import { isTraitName, traitKinds, traitNames } from '../segments/trait-words.ts';
import { knownNames } from './problem.ts';

/** What helpers make of their first value; all others take any. */
const wanted: Readonly<Record<string, 'number' | 'moment' | 'stage' | 'none'>> = {
  date: 'moment',
  money: 'number',
  number: 'number',
  upper: 'stage',
  lower: 'stage',
  title: 'stage',
  each: 'none',
  with: 'none',
};

const words = { number: 'a number', moment: 'a moment', stage: 'a word' };

/** Why a path under `traits` leads nowhere, if it does. */
export function wrongTrait(steps: readonly string[]): string | undefined {
  const [, name = '', ...more] = steps;
  if (!isTraitName(name)) return `there is no trait '${name}'. ${knownNames(name, traitNames)}`;
  return more.length === 0 ? undefined : `traits.${name} is ${words[traitKinds[name]]} and holds nothing`;
}

/**
 * Why a trait does not go with the helper or block that it is handed to, if it does not.
 * @param helper undefined where the value is shown as it is
 */
export function unfit(
  steps: readonly string[],
  helper: string | undefined,
): { readonly message: string; readonly mend: string } | undefined {
  const [root, name = ''] = steps;
  if (root !== 'traits' || !isTraitName(name)) return undefined;
  const kind = traitKinds[name];
  if (helper === undefined) {
    if (kind !== 'moment') return undefined;
    return {
      message: `traits.${name} is a moment, which shows as a long number`,
      mend: `Write {{date traits.${name}}}.`,
    };
  }
  const takes = Object.hasOwn(wanted, helper) ? wanted[helper] : undefined;
  if (takes === undefined || takes === kind) return undefined;
  const list = takes === 'none' ? 'no list and holds no values' : `${words[kind]}, not ${words[takes]}`;
  return {
    message: `${helper} cannot take traits.${name}, which is ${list}`,
    mend: mendOf(kind, name),
  };
}

function mendOf(kind: 'number' | 'moment' | 'stage', name: string): string {
  if (kind === 'moment') return `Write {{date traits.${name}}}.`;
  return kind === 'number' ? `Write {{number traits.${name}}}.` : `Write {{traits.${name}}}.`;
}
