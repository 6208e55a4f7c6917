import { share } from '../../campaigns/allotment.ts';

/** Chance that always falls the same way for the same words: the demo is the same on every machine. */
export interface Chance {
  /** True for this share of all words. */
  is(what: string, probability: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(what: string, low: number, high: number): number;
  /** One of the list, each as likely. */
  of<T>(what: string, list: readonly T[]): T;
  /** One of the list, by its weight. */
  weighted<T extends { readonly weight: number }>(what: string, list: readonly T[]): T;
}

/** @param who whose chance it is; each `what` is a draw of its own, so adding one changes no other. */
export function chanceOf(...who: readonly (string | number)[]): Chance {
  const draw = (what: string) => share('demo', ...who, what);
  return {
    is: (what, probability) => draw(what) < probability,
    between: (what, low, high) => low + Math.floor(draw(what) * (high - low + 1)),
    of: (what, list) => some(list[Math.floor(draw(what) * list.length)]),
    weighted: (what, list) => {
      let left = draw(what) * list.reduce((sum, one) => sum + one.weight, 0);
      for (const one of list) {
        left -= one.weight;
        if (left < 0) return one;
      }
      return some(list.at(-1));
    },
  };
}

function some<T>(chosen: T | undefined): T {
  if (chosen === undefined) throw new RangeError('chance has nothing to choose from');
  return chosen;
}
