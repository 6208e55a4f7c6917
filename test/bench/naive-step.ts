import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import mjml from 'mjml';
import { createTransport } from 'nodemailer';
import { filesOf, openInstallation } from './installation.ts';
import { letterAt, sentLetters } from './letters.ts';
import { inParallel, measured } from './measure.ts';
import { runStep } from './steps.ts';

/** MJML's own defaults, but for the web fonts, which the template does not name. */
const asPeersDo = { validationLevel: 'soft', keepComments: true, fonts: {}, ignoreIncludes: true } as const;
const price = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' });

/** What several peers do for each recipient: fill in the MJML with Handlebars, compile it, hand it to nodemailer. */
await runStep(async (options) => {
  const app = await openInstallation(options);
  const letters = await sentLetters(app);
  await app.close();
  const template = await wholeTemplate(filesOf(options.folder).templates);
  const handlebars = Handlebars.create();
  handlebars.registerHelper('money', (value: unknown) => price.format(Number(value)));
  const { hostname, port } = new URL(options.smtpUrl);
  const transport = createTransport({
    pool: true,
    host: hostname,
    port: Number(port),
    ignoreTLS: true,
    maxConnections: options.connections,
    maxMessages: Number.POSITIVE_INFINITY,
  });
  const result = await measured(options.letters, () =>
    inParallel(options.letters, options.connections * 2, async (index) => {
      const { from, to, subject, text, context, urls } = letterAt(letters, index);
      const filled = handlebars.compile(template)({ ...context, urls, subject, preheader: '' });
      const { html } = await mjml(filled, asPeersDo);
      return transport.sendMail({ from: { name: 'The Shop', address: from }, to, subject, html, text });
    }),
  );
  transport.close();
  return result;
});

/** The layout with its modules in it, as plain MJML with plain Handlebars. */
async function wholeTemplate(folder: string): Promise<string> {
  const read = async (path: string) =>
    (await readFile(join(folder, path), 'utf8')).replace(/^---\n[\s\S]*?\n---\n/, '');
  const club = `{{#if modules.m-club}}${await read('modules/club.mjml')}{{/if}}`;
  const parts = [await read('modules/welcome.mjml'), await read('modules/orders.mjml'), club];
  const body = [...parts, await read('modules/cards.mjml')].join('\n');
  return (await read('layouts/shop.mjml')).replace('{{> modules}}', () => body);
}
