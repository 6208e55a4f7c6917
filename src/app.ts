import { type Logger, pino } from 'pino';
import { ruleProblems, runWarnings } from './campaigns/doubts.ts';
import { launch, newText, type TextDeps } from './campaigns/launch.ts';
import type { PlannerDeps } from './campaigns/planner.ts';
import type { Run } from './campaigns/port.ts';
import { survey } from './campaigns/survey.ts';
import type { Config } from './config.ts';
import { listCampaigns, loadCampaign } from './content/campaign.ts';
import { loadTopics } from './content/topics.ts';
import { parseLimits } from './delivery/limits.ts';
import { showSend } from './delivery/show-send.ts';
import { parseWarmUps } from './delivery/throttle-warm-up.ts';
import { DearError } from './errors.ts';
import { readFrequency } from './profiles/preferences.ts';
import { makePrivacy } from './profiles/privacy.ts';
import { parseRetention } from './profiles/retention.ts';
import { makeTopicCheck } from './profiles/topics.ts';
import { followSegments } from './segments/follow.ts';
import { parseRule, type Rule } from './segments/rule.ts';
import { type CampaignBook, warningsAbout } from './segments/warnings.ts';
import { makeSignUp } from './sign-up/sign-up.ts';
import { confirmationSources } from './sign-up/sources.ts';
import { arrivalStore } from './store/arrivals.ts';
import { attributeStore } from './store/attributes.ts';
import { auditStore } from './store/audit.ts';
import { confirmationStore } from './store/confirmations.ts';
import { consentStore } from './store/consents.ts';
import type { Store } from './store/database.ts';
import { dossierStore } from './store/dossiers.ts';
import { eventStore } from './store/events.ts';
import { expiryStore } from './store/expiry.ts';
import { identityStore } from './store/identity.ts';
import { intakeStore } from './store/intake.ts';
import { keyStore } from './store/keys.ts';
import { ledgerReader } from './store/ledger-reader.ts';
import { mailStore } from './store/mails.ts';
import { noticeStore } from './store/notices.ts';
import { openStore } from './store/open.ts';
import { permitStore } from './store/permits.ts';
import { privacyStore } from './store/privacy.ts';
import { profileStore } from './store/profiles.ts';
import { readerStore } from './store/readers.ts';
import { followStore } from './store/segment-follow.ts';
import { segmentStore } from './store/segments.ts';
import { sendLedger } from './store/send-ledger.ts';
import { suppressionStore } from './store/suppressions.ts';
import { sweepLedger } from './store/sweep-ledger.ts';
import { traitStore } from './store/traits.ts';
import { wordStore } from './store/words.ts';
import { makeConfirmTokens } from './tracking/confirm-tokens.ts';
import { foldArrivals } from './tracking/fold.ts';
import { makeProof } from './tracking/proof.ts';
import { type Writing, wireWriting, writingSettings } from './writing.ts';

/** Everything that a face needs, opened and wired by hand. */
export type App = Awaited<ReturnType<typeof openApp>>;

/**
 * Opens the store and wires the domain to it. Queues and transports are opened by those who need them (roles.ts).
 * @param writing `thread` for a process that stays: see openStore
 * @throws DearError when the database does not answer, or a setting cannot be read.
 */
export async function openApp(
  config: Config,
  log: Logger = makeLog(config),
  writing: 'here' | 'thread' = 'here',
) {
  const confirmTokens = makeConfirmTokens(config.secret);
  const limits = parseLimits(config.deliveryLimits, config.smtpRate);
  const warmUps = parseWarmUps(config.warmUp);
  const retention = parseRetention(config.retention);
  const topics = await loadTopics(config.templatesDir);
  const settings = writingSettings(config);
  const store = await openStore(config.databaseUrl, config.secret, writing);
  const letters = wireWriting(store, settings);
  const ports = openPorts(store, letters);
  return {
    config,
    log,
    ...ports,
    ...wire(config, log, ports, letters),
    letters,
    tokens: letters.tokens,
    confirmTokens,
    /** The letters that ask for confirmation; compiled when asked for. */
    confirmationLetters: async () => {
      const { confirmationLetters } = await import('./sign-up/letters.ts');
      return confirmationLetters({
        sources: await confirmationSources(config.templatesDir),
        tokens: confirmTokens,
        book: topics,
        publicUrl: config.publicUrl,
        signer: letters.signer,
        attributesOf: async (id) => (await ports.profiles.byIds([id])).get(id)?.attributes ?? {},
      });
    },
    prove: makeProof(config.secret),
    topics,
    topicCheck: makeTopicCheck(topics, ports.consents.topics),
    signUp: makeSignUp(ports.confirmations, topics),
    signer: letters.signer,
    privacy: makePrivacy(ports.people, ports.audit),
    limits,
    warmUps,
    retention,
    defaultFrequency: readFrequency(config.defaultFrequency),
    close: () => store.close(),
  };
}

type Ports = ReturnType<typeof openPorts>;

/** One line a port, in the order of the data flow. */
function openPorts(store: Store, { rules, runs }: Writing) {
  return {
    profiles: profileStore(store),
    identities: identityStore(store),
    attributes: attributeStore(store),
    events: eventStore(store, rules.traits),
    traits: traitStore(store, rules.traits),
    dossiers: dossierStore(store, rules.traits),
    consents: consentStore(store),
    suppressions: suppressionStore(store),
    segments: segmentStore(store, rules),
    followed: followStore(store, rules),
    words: wordStore(store),
    runs,
    ledger: ledgerReader(store),
    sends: sendLedger(store),
    sweeping: sweepLedger(store),
    permits: permitStore(store),
    notices: noticeStore(store),
    arrivals: arrivalStore(store),
    intake: intakeStore(store, rules.traits),
    keys: keyStore(store),
    readers: readerStore(store),
    confirmations: confirmationStore(store),
    mails: mailStore(store),
    audit: auditStore(store),
    people: privacyStore(store),
    expiry: expiryStore(store),
  };
}

/** What the domain does, on the given ports. */
function wire(config: Config, log: Logger, ports: Ports, letters: Writing) {
  const { press, tokens, writer } = letters;
  const planner: PlannerDeps = {
    runs: ports.runs,
    members: (rule, asOf, afterId) =>
      ports.segments.members(parseRule(rule, 'the run’s segment'), asOf, { afterId }),
    survey: (run, ids) => survey(letters, run.plan, ids),
  };
  const text: TextDeps = {
    resolve: ports.segments.resolve,
    compile: async (campaign) => {
      // MJML is large, and only whoever makes letters needs it.
      const { compileVariant } = await import('./content/compile.ts');
      return Promise.all(
        campaign.variants.map(async ({ name, weight }) => ({
          name,
          weight,
          source: await compileVariant(config.templatesDir, campaign, name),
        })),
      );
    },
  };
  const doubts = {
    words: ports.words,
    runs: ports.runs,
    campaigns: campaignBook(ports, config),
    resolve: ports.segments.resolve,
  };
  return {
    planner,
    /** How many profiles fit a run's frozen rule at a moment (ms). */
    audienceSize: (rule: unknown, asOf: number) =>
      ports.segments.count(parseRule(rule, 'the run’s segment'), asOf),
    launch: async (name: string, again: boolean) =>
      launch(
        {
          ...config,
          ...text,
          runs: ports.runs,
          clock: Date.now,
        },
        await loadCampaign(config.templatesDir, name),
        again,
      ),
    runOf: (name: string) => runOf(ports, config, name),
    /** What a rule asks for that nothing has, most likely because it is misspelt. */
    warningsAbout: async (rule: Rule) => warningsAbout(await ports.segments.resolve(rule), doubts),
    /** The same of all rules of a run. */
    runWarnings: (run: Run) => runWarnings(run, doubts),
    /** What is wrong or doubtful with the rules in a campaign's file, as far as the database can tell. */
    ruleProblems: async (name: string) => ruleProblems(await loadCampaign(config.templatesDir, name), doubts),
    /** The text of a run's campaign as its files say it now. */
    newText: async (run: Run) =>
      newText(text, await loadCampaign(config.templatesDir, run.campaign), run.plan),
    showSend: (id: number) =>
      showSend({ ledger: ports.ledger, tokens, run: ports.runs.byId, press, writer }, id),
    follow: (signal: AbortSignal) =>
      followSegments({ ...ports, everyMs: config.followMs, clock: Date.now }, signal),
    fold: async (signal: AbortSignal) => {
      const { mailReader } = await import('./inbox/read-mail.ts');
      return foldArrivals({ arrivals: ports.arrivals, readMail: mailReader(tokens), log }, signal);
    },
  };
}

/** The campaigns that were launched, and those that have a file; of each the variants of its newest run and its file. */
function campaignBook({ runs }: Pick<Ports, 'runs'>, { templatesDir }: Config): CampaignBook {
  return {
    names: async () => {
      const launched = (await runs.list()).map(({ campaign }) => campaign);
      return [...new Set([...launched, ...(await listCampaigns(templatesDir))])];
    },
    variantsOf: async (name) => {
      const run = await runs.newest(name);
      // A file with mistakes in it is a campaign as well; `dear campaign check` names them.
      const file = (await listCampaigns(templatesDir)).includes(name)
        ? await loadCampaign(templatesDir, name).catch(() => ({ variants: [] }))
        : undefined;
      if (run === undefined && file === undefined) return undefined;
      return [...(run?.plan.variants ?? []), ...(file?.variants ?? [])].map((variant) => variant.name);
    },
  };
}

/** The newest run of a campaign. */
async function runOf(ports: Pick<Ports, 'runs'>, config: Config, name: string): Promise<Run> {
  const run = await ports.runs.newest(name);
  if (run !== undefined) return run;
  // The file's own error says more when there is no such campaign at all.
  await loadCampaign(config.templatesDir, name);
  throw new DearError('campaign.not-launched', `The campaign '${name}' was not launched yet.`, {
    mend: `\`dear campaign launch ${name}\` does it.`,
  });
}

/** The process's log: JSON lines on standard error, so that standard output stays the command's own. */
function makeLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
}
