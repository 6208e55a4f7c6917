import { type CampaignDefinition, rulesIn } from '../content/campaign.ts';
import type { Problem } from '../content/problem.ts';
import { parseLetterSource } from '../content/source.ts';
import { DearError } from '../errors.ts';
import { parseRule, type ResolvedRule, type Rule } from '../segments/rule.ts';
import { type Warning, type WarningDeps, warningsAbout } from '../segments/warnings.ts';
import type { Run, RunStore } from './port.ts';

export interface DoubtDeps extends WarningDeps {
  readonly runs: Pick<RunStore, 'source'>;
  /** Puts saved segments in the place of their names. @throws DearError `segment.unknown` */
  readonly resolve: (rule: Rule) => Promise<ResolvedRule>;
}

/** What a run's rules ask for that nothing has: its segment's and its modules', as they were frozen. */
export async function runWarnings({ plan }: Run, deps: DoubtDeps): Promise<Warning[]> {
  const sources = await Promise.all(plan.variants.map(({ sourceHash }) => deps.runs.source(sourceHash)));
  const conditions = sources.flatMap((source) => parseLetterSource(source).conditions);
  const rules = [plan.segment.rule, ...conditions.map(({ when }) => when)];
  const warnings = await Promise.all(rules.map((rule) => warningsOf(rule, deps)));
  return [...new Map(warnings.flat().map((warning) => [warning.message, warning])).values()];
}

/** What is wrong or doubtful with the rules in a campaign's file as far as the database can tell. */
export async function ruleProblems(campaign: CampaignDefinition, deps: DoubtDeps): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { path, rule } of rulesIn(campaign)) {
    const place = { file: campaign.file, line: campaign.lines[path] };
    try {
      for (const { about, message } of await warningsOf(rule, deps))
        problems.push({ level: 'warning', code: `rule.${about}`, ...place, message });
    } catch (error) {
      if (!(error instanceof DearError && error.code.startsWith('segment.'))) throw error;
      const { code, message, mend } = error;
      problems.push({ level: 'error', code, ...place, message, mend });
    }
  }
  return problems;
}

async function warningsOf(rule: unknown, deps: DoubtDeps): Promise<Warning[]> {
  return warningsAbout(await deps.resolve(parseRule(rule, 'the rule')), deps);
}
