import type { LetterData } from './campaigns/assembly.ts';
import type { Run } from './campaigns/port.ts';
import type { makePressroom } from './campaigns/pressroom.ts';
import type { Config } from './config.ts';
import { makeDkimSigner } from './delivery/dkim.ts';
import { letterWriter } from './delivery/letter-writer.ts';
import { readTraitSettings } from './profiles/trait-settings.ts';
import type { RuleSettings } from './segments/settings.ts';
import { customerStore } from './store/customers.ts';
import type { Store } from './store/database.ts';
import { eventStore } from './store/events.ts';
import { runStore } from './store/runs.ts';
import { segmentStore } from './store/segments.ts';
import { traitStore } from './store/traits.ts';
import { makeTokens } from './tracking/tokens.ts';

/** What writing takes from the settings. @throws DearError when one cannot be read, or the DKIM key cannot sign */
export function writingSettings(config: Config) {
  const rules: RuleSettings = { traits: readTraitSettings(config.traits), zone: config.timeZone };
  return { rules, tokens: makeTokens(config.secret), signer: dkimSigners(config) };
}

/** What letters are written with. */
export type Writing = ReturnType<typeof wireWriting>;

/**
 * Wires everything that surveying an audience and writing its letters takes, and nothing else: threads that do no more
 * than this have it too.
 */
export function wireWriting(store: Store, settings: ReturnType<typeof writingSettings>) {
  const { rules, tokens, signer } = settings;
  const runs = runStore(store);
  const events = eventStore(store, rules.traits);
  const traits = traitStore(store, rules.traits);
  const data: LetterData = {
    newest: (ids, need) =>
      events.newest(ids, {
        type: need.event,
        limit: need.newest,
        distinctBy: need.distinct,
        where: need.where,
      }),
    matching: segmentStore(store, rules).matching,
    traits: async (ids, now) => {
      const all = await traits.ofMany(ids, now);
      return new Map([...all].map(([id, values]) => [id, known(values)]));
    },
  };
  return {
    ...settings,
    runs,
    customers: customerStore(store),
    data,
    press: lazyPressroom(runs.source),
    writer: (run: Run) => letterWriter(run.plan, tokens, signer(run.plan.from.address)),
  };
}

/** The pressroom, with all that it takes to read letters, once the first of them is asked for. */
function lazyPressroom(source: Parameters<typeof makePressroom>[0]): ReturnType<typeof makePressroom> {
  let opened: Promise<ReturnType<typeof makePressroom>> | undefined;
  return async (hash) => {
    opened ??= import('./campaigns/pressroom.ts').then((pressroom) => pressroom.makePressroom(source));
    return (await opened)(hash);
  };
}

/** Plain JSON, as a letter's decision keeps it: what is unknown is not there. */
const known = (values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Signers by the address in From; undefined when no key is configured. A key that cannot sign fails at boot. */
function dkimSigners({ dkim }: Config) {
  if (dkim === undefined) return () => undefined;
  const make = (domain: string) => makeDkimSigner({ domain, selector: dkim.selector, privateKey: dkim.key });
  const own = make(dkim.domain ?? 'localhost.localdomain');
  return (from: string) => (dkim.domain === undefined ? make(from.slice(from.lastIndexOf('@') + 1)) : own);
}
