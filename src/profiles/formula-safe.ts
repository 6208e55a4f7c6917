/** What spreadsheets run when a cell starts with it. */
const FORMULA = /^[=+\-@\t\r]/;

/** A cell as it may stand in a CSV file that somebody opens in a spreadsheet; a plain number is no formula. */
export function formulaSafe(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  return FORMULA.test(text) && !/^[+-]?\d+([.,]\d+)?$/.test(text) ? `'${text}` : text;
}

/** The text that `formulaSafe` guarded. */
export function formulaUnguarded(text: string): string {
  return text.charCodeAt(0) === 0x27 && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}
