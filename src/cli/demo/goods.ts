/** Something that Hazel & Pine sells. `euros` is the price of one. */
export interface Good {
  readonly product: string;
  readonly category: string;
  readonly euros: number;
}

const shelves = {
  'garden supplies': [
    ['Hazel hurdle', 42],
    ['Copper trowel', 24.5],
    ['Wool pot liner', 6.9],
    ['Digging fork', 58],
    ['Seed box', 16.5],
    ['Terracotta cloche', 33],
  ],
  'walking gear': [
    ['Waxed day pack', 89],
    ['Merino hat', 27.9],
    ['Chestnut walking stick', 47],
    ['Rain cape', 74],
    ['Boot balm', 12.5],
    ['Enamel trail mug', 14],
  ],
  'camping gear': [
    ['Ridge tent', 219],
    ['Storm lantern', 38.5],
    ['Felted wool blanket', 96],
    ['Cast-iron camp pan', 52],
    ['Fire steel', 18.9],
    ['Canvas wash bag', 26],
  ],
  'bird care': [
    ['Oak nest box', 29.5],
    ['Suet feeder', 13.9],
    ['Bag of sunflower hearts', 17.5],
    ['Stone bird bath', 64],
    ['Spotting scope', 129],
    ['Hedgehog house', 44.9],
  ],
} as const;

/** Everything on the shelves, and what each category holds. */
export const goods: readonly Good[] = Object.entries(shelves).flatMap(([category, shelf]) =>
  shelf.map(([product, euros]) => ({ product, category, euros })),
);

const rates: Readonly<Record<string, number>> = {
  EUR: 1,
  GBP: 0.86,
  USD: 1.09,
  CAD: 1.49,
  AUD: 1.66,
  NZD: 1.79,
  JPY: 162,
};

/** A price in a shop's currency, rounded as people expect to see it there. */
export function priceIn(currency: string, euros: number): number {
  const amount = euros * (rates[currency] ?? 1);
  return currency === 'JPY' ? Math.round(amount / 10) * 10 : Math.round(amount * 2) / 2;
}
