import type { Command } from 'commander';
import { whySentence } from '../../campaigns/why.ts';
import type { Register } from '../cli.ts';
import { findProfile, WHO } from '../who.ts';

/** `dear why WHO CAMPAIGN`: why this customer got, or did not get, this letter. */
export const why: Register = (program, cli) => {
  program
    .command('why')
    .argument('<who>', WHO)
    .argument('<campaign>')
    .description('why a customer got, or did not get, a letter')
    .action(async (who: string, name: string, _options, command: Command) => {
      const out = cli.out(command);
      await cli.withApp(async (app) => {
        const run = await app.runOf(name);
        const customer = await findProfile(app, who);
        const send = await app.ledger.sendOf(run.id, customer.id);
        const sentence = whySentence(run, customer, send);
        out.say(sentence);
        const { decision: _decision, ...facts } = send ?? { decision: undefined };
        out.data({
          profile: customer.id,
          email: customer.email ?? null,
          campaign: run.campaign,
          run: run.id,
          why: sentence,
          send: send ? facts : null,
        });
      });
    });
};
