/** What spreadsheets run when a cell starts with it. */
const FORMULA = /^[=+\-@\t\r]/;

/** The same behind apostrophes, which are guarded as well: else nobody could tell whose the first one is. */
const GUARDED = /^'+[=+\-@\t\r]/;

/** A cell as it may stand in a CSV file that somebody opens in a spreadsheet; a plain number is no formula. */
export function formulaSafe(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  const mayRun = FORMULA.test(text) && !/^[+-]?\d+([.,]\d+)?$/.test(text);
  return mayRun || GUARDED.test(text) ? `'${text}` : text;
}

/** The text that `formulaSafe` made safe. */
export function formulaUnguarded(text: string): string {
  return text.charCodeAt(0) === 0x27 && GUARDED.test(text) ? text.slice(1) : text;
}
