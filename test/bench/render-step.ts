import { openInstallation } from './installation.ts';
import { letterAt, sentLetters } from './letters.ts';
import type { RenderResult } from './results.ts';
import { runStep } from './steps.ts';

/** Runs the letters' program alone: subject, HTML and text, links signed, nothing laid out or sent. */
await runStep(async (options): Promise<RenderResult> => {
  const app = await openInstallation(options);
  const letters = await sentLetters(app);
  await app.close();
  const started = performance.now();
  let characters = 0;
  for (let index = 0; index < options.letters; index += 1) {
    const { program, context, urls } = letterAt(letters, index);
    const rendered = program.render(context, urls);
    if (!rendered.ok) throw new Error(`a letter lacks ${rendered.missing}`);
    characters += rendered.letter.html.length + rendered.letter.text.length;
  }
  const seconds = (performance.now() - started) / 1000;
  if (characters === 0) throw new Error('nothing was rendered');
  return {
    letters: options.letters,
    seconds,
    html: median(letters.map(({ html }) => html.length)),
    text: median(letters.map(({ text }) => text.length)),
    octets: median(letters.map(({ bytes }) => bytes.length)),
  };
});

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
