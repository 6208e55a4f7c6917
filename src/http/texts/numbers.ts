type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** Writes a number as the language does. */
export function numberIn(language: string): (count: number) => string {
  const numbers = new Intl.NumberFormat(language);
  return (count) => numbers.format(count);
}

/** Writes a count with the form of the words that goes with it; `#` stands for the number. */
export function pluralIn(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const number = numberIn(language);
  return (count, forms) => (forms[rules.select(count)] ?? forms.other).replace('#', number(count));
}
