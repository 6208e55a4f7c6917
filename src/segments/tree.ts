import { z } from 'zod';

/** Leaves joined by all, any and not: the shape of a rule, and of what a rule asks of an event's properties. */
export type Tree<Leaf> = Leaf | { all: Tree<Leaf>[] } | { any: Tree<Leaf>[] } | { not: Tree<Leaf> };

/** One step into a tree. */
export type Branch<Leaf> =
  | { kind: 'all'; of: Tree<Leaf>[] }
  | { kind: 'any'; of: Tree<Leaf>[] }
  | { kind: 'not'; of: Tree<Leaf> }
  | { kind: 'leaf'; leaf: Leaf };

/** What the top of a tree is. */
export function branchOf<Leaf extends object>(tree: Tree<Leaf>): Branch<Leaf> {
  // Sound because treeOf refuses unknown keys: what has one of these keys is that branch and nothing else.
  const node = tree as { all?: Tree<Leaf>[]; any?: Tree<Leaf>[]; not?: Tree<Leaf> };
  if (node.all !== undefined) return { kind: 'all', of: node.all };
  if (node.any !== undefined) return { kind: 'any', of: node.any };
  if (node.not !== undefined) return { kind: 'not', of: node.not };
  return { kind: 'leaf', leaf: tree as Leaf };
}

/** The words that make a branch. */
const BRANCH_WORDS = ['all', 'any', 'not'] as const;

/** Marks the issue of a choice between kinds of rule, so that the explanation can pick the kind that was meant. */
export const CHOICE = 'choice of: ';

/** The schema of a tree. `leaves` go with `words`: each leaf is known by the one word that it starts with. */
export function treeOf<Leaf>(
  words: readonly string[],
  leaves: readonly z.ZodType<Leaf>[],
): z.ZodType<Tree<Leaf>> {
  const tree: z.ZodType<Tree<Leaf>> = z.lazy(() =>
    z.union(
      [
        z.strictObject({ all: several }),
        z.strictObject({ any: several }),
        z.strictObject({ not: tree }),
        ...leaves,
      ],
      { error: CHOICE + [...BRANCH_WORDS, ...words].join(' ') },
    ),
  );
  const several = z
    .array(tree, { error: 'must be a list of rules' })
    .min(1, { error: 'is empty; it must list at least one rule' });
  return tree;
}
