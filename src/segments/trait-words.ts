import { closest } from '../profiles/closest.ts';
import { type Stage, stages, type TraitName } from '../profiles/traits.ts';

/** Of what kind the values of each trait are; a moment is asked for by the words for time. */
export const traitKinds: Readonly<Record<TraitName, 'number' | 'moment' | 'stage'>> = {
  firstOrder: 'moment',
  lastOrder: 'moment',
  orders: 'number',
  orderTotal: 'number',
  averageOrder: 'number',
  daysSinceLastOrder: 'number',
  stage: 'stage',
  opens30: 'number',
  opens90: 'number',
  clicks30: 'number',
  clicks90: 'number',
  replies30: 'number',
  replies90: 'number',
};

export const isTraitName = (word: string): word is TraitName => Object.hasOwn(traitKinds, word);
export const traitNames = Object.keys(traitKinds).filter(isTraitName);
/** The traits that profiles can be ranked by. */
export const ranked = traitNames.filter((name) => traitKinds[name] === 'number');

const EQUAL = ['is', 'isNot', 'in', 'notIn'];
const allowed = {
  number: [...EQUAL, 'gt', 'gte', 'lt', 'lte', 'exists'],
  moment: ['within', 'before', 'after', 'between', 'during', 'exists'],
  stage: EQUAL,
};

/** What a trait can be asked. */
export const operatorsOf = (name: TraitName): readonly string[] => allowed[traitKinds[name]];

/** Why an operator does not go with a trait, if it does not. */
export function suits(name: TraitName, operator: string): string | undefined {
  const words = operatorsOf(name);
  return words.includes(operator) ? undefined : `asks ${operator} of ${name}, which has ${words.join(', ')}`;
}

/** Why values do not go with a trait, if they do not. */
export function wrongValues(name: TraitName, values: readonly unknown[]): string | undefined {
  const given = values.filter((value) => value !== undefined);
  if (traitKinds[name] === 'number') {
    const wrong = given.find((value) => typeof value !== 'number');
    return wrong === undefined
      ? undefined
      : `compares ${name} with ${JSON.stringify(wrong)}, which is no number`;
  }
  const wrong = given.find((value) => !stages.some((stage) => stage === value));
  if (wrong === undefined || traitKinds[name] !== 'stage') return undefined;
  const guess: Stage | undefined = stages.find((stage) => stage === closest(String(wrong), stages));
  const hint = guess === undefined ? '' : `; did you mean '${guess}'?`;
  return `has the stage ${JSON.stringify(wrong)}; stages are ${stages.join(', ')}${hint}`;
}
