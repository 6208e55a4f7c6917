import type { Rule } from '../../src/segments/rule.ts';

/** A rule as shops write them, for the benchmark and for the test that looks at how it is read. */
export interface TypicalSegment {
  readonly name: string;
  /** Given as it would stand in a file; valid for `parseRule`. */
  readonly rule: Rule;
  /** What the data must hold for the rule to say something. */
  readonly needs: string;
}

/** Ten typical segments. Events carry: view `product`; order `total`; opened, clicked and replied `campaign`. */
export const typicalSegments: readonly TypicalSegment[] = [
  {
    name: 'repeat buyers',
    rule: { did: 'order', atLeast: 2, within: '90d' },
    needs: 'order',
  },
  {
    name: 'lapsed buyers',
    rule: {
      all: [
        { didNot: 'order', within: '180d' },
        { did: 'order', before: '180d ago' },
      ],
    },
    needs: 'order',
  },
  {
    name: 'spent over 500',
    rule: { trait: 'orderTotal', gt: 500 },
    needs: 'order with total; folded traits',
  },
  {
    name: 'top 10% by spend',
    rule: { top: '10%', by: { trait: 'orderTotal' } },
    needs: 'order with total; folded traits',
  },
  {
    name: 'viewed and did not order',
    rule: {
      all: [
        { did: 'view', within: '7d', where: { property: 'product', is: 'sku-7' } },
        { didNot: 'order', within: '7d' },
      ],
    },
    needs: 'view with product sku-7; order',
  },
  { name: 'opened lately', rule: { letter: 'opened', within: '30d' }, needs: 'opened, clicked, replied' },
  { name: 'lives in France', rule: { attribute: 'country', is: 'France' }, needs: 'the attribute country' },
  { name: 'loyal', rule: { trait: 'stage', is: 'loyal' }, needs: 'order; folded traits' },
  {
    name: 'left the basket',
    rule: {
      sequence: [
        { did: 'view', within: '14d' },
        { didNot: 'order', within: '7d' },
      ],
    },
    needs: 'view, order',
  },
  { name: 'first order this month', rule: { first: 'order', during: 'this month' }, needs: 'order' },
];
