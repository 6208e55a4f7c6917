import type { CampaignDefinition } from '../content/campaign.ts';
import type { Problem } from '../content/problem.ts';
import { DearError } from '../errors.ts';
import { parseRule, type ResolvedRule, type Rule } from '../segments/rule.ts';
import { type Warning, type WarningDeps, warningsAbout } from '../segments/warnings.ts';

export interface DoubtDeps extends WarningDeps {
  /** Puts saved segments in the place of their names. @throws DearError `segment.unknown` */
  readonly resolve: (rule: Rule) => Promise<ResolvedRule>;
}

interface RuleAt {
  /** Where the campaign's file has it: `variants.0.modules.1.when`. */
  readonly path: string;
  readonly rule: Rule;
}

/** The rules of a campaign: whom it is for, and for whom single modules are. */
function rulesOf({ file, segment, variants }: CampaignDefinition): RuleAt[] {
  const conditions = variants.flatMap(({ modules }, variant) =>
    modules.flatMap(({ when }, index): RuleAt[] => {
      const path = `variants.${variant}.modules.${index}.when`;
      return when === undefined ? [] : [{ path, rule: parseRule(when, `${file}: ${path}`) }];
    }),
  );
  const whom = typeof segment === 'string' ? { segment } : parseRule(segment, `${file}: segment`);
  return [{ path: 'segment', rule: whom }, ...conditions];
}

/**
 * What the rules of a campaign ask for that nothing in the database has, most likely because it is misspelt.
 * @throws DearError `segment.unknown`, and what else is wrong with a rule
 */
export async function campaignWarnings(campaign: CampaignDefinition, deps: DoubtDeps): Promise<Warning[]> {
  const warnings = await Promise.all(rulesOf(campaign).map((one) => warningsOf(one, deps)));
  return [...new Map(warnings.flat().map((warning) => [warning.message, warning])).values()];
}

/** The same as problems of the campaign's file, and with them saved segments that there are not. */
export async function ruleProblems(campaign: CampaignDefinition, deps: DoubtDeps): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const one of rulesOf(campaign)) {
    const place = { file: campaign.file, line: campaign.lines[one.path] };
    try {
      for (const { about, message } of await warningsOf(one, deps))
        problems.push({ level: 'warning', code: `rule.${about}`, ...place, message });
    } catch (error) {
      if (!(error instanceof DearError && error.code.startsWith('segment.'))) throw error;
      const { code, message, mend } = error;
      problems.push({ level: 'error', code, ...place, message, mend });
    }
  }
  return problems;
}

const warningsOf = async ({ rule }: RuleAt, deps: DoubtDeps) => warningsAbout(await deps.resolve(rule), deps);
