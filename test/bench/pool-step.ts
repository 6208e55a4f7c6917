import { createTransport } from 'nodemailer';
import { openInstallation } from './installation.ts';
import { letterAt, sentLetters } from './letters.ts';
import { inParallel, measured } from './measure.ts';
import { runStep } from './steps.ts';

/** What people write today: nodemailer's pool with `html` and `text`, on as many connections as Dear uses. */
await runStep(async (options) => {
  const app = await openInstallation(options);
  const letters = await sentLetters(app);
  await app.close();
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
    // Twice as many as connections, so that the pool always has the next one at hand.
    inParallel(options.letters, options.connections * 2, (index) => {
      const { from, to, subject, html, text } = letterAt(letters, index);
      return transport.sendMail({ from: { name: 'The Shop', address: from }, to, subject, html, text });
    }),
  );
  transport.close();
  return result;
});
