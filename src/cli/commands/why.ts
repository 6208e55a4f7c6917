import type { Command } from 'commander';
import { whySentence } from '../../campaigns/why.ts';
import { DearError } from '../../errors.ts';
import { noteProfile } from '../audit.ts';
import type { Register } from '../cli.ts';

/** `dear why EMAIL CAMPAIGN`: why this customer got, or did not get, this letter. */
export const why: Register = (program, cli) => {
  program
    .command('why <email> <campaign>')
    .description('why a customer got, or did not get, a letter')
    .action(async (email: string, name: string, _options, command: Command) => {
      const out = cli.out(command);
      await cli.withApp(async (app) => {
        const run = await app.runOf(name);
        const profile = await app.profiles.byEmail(email);
        const customer = profile && (await app.customers.byIds([profile.id])).get(profile.id);
        if (customer === undefined) {
          throw new DearError('profile.unknown', `There is no customer with the address ${email}.`, {
            mend: 'Look for a typing error; `dear profiles import FILE` brings customers in.',
          });
        }
        const send = await app.ledger.sendOf(run.id, customer.id);
        await noteProfile(cli, command, app, 'read', customer.id);
        const sentence = whySentence(run, customer, send);
        out.say(sentence);
        const { decision: _decision, ...facts } = send ?? { decision: undefined };
        out.data({
          email: customer.email,
          campaign: run.campaign,
          run: run.id,
          why: sentence,
          send: send ? facts : null,
        });
      });
    });
};
