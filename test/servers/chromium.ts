import { findProgram } from './process.ts';

/** The Chromium that browser tests drive: CHROMIUM_TEST_PATH, or one that is installed; undefined when there is none. */
export function chromiumPath(): string | undefined {
  const given = process.env.CHROMIUM_TEST_PATH;
  return (
    given || ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => findProgram(name) ?? [])[0]
  );
}

/** Says in one line that browser tests are skipped; fails where every server must be there. */
export function warnWithoutChromium(): void {
  if (chromiumPath() !== undefined) return;
  const mend = 'install chromium, or point CHROMIUM_TEST_PATH at one';
  if (process.env.REQUIRE_TEST_SERVERS) throw new Error(`The tests need Chromium: ${mend}.`);
  console.warn(`Tests that need Chromium are skipped: ${mend}.`);
}
