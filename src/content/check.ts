import { DearError, messageOf } from '../errors.ts';
import { parseRule } from '../segments/rule.ts';
import { type CampaignDefinition, loadCampaign, rulesIn } from './campaign.ts';
import { compileVariant } from './compile.ts';
import { ContentError, type Problem, worstFirst } from './problem.ts';
import type { LetterSource } from './source.ts';

/** Above this many characters most mail programs cut a subject off; expressions count as a name's length. */
const longSubject = 70;
/** Gmail cuts letters off above this many bytes. */
const longHtml = 102_000;

/**
 * Looks for everything that is wrong or doubtful in a campaign: compiles each variant and collects what it finds
 * instead of stopping at the first. An empty answer means that it can be launched without a second thought.
 */
export async function checkCampaign(templatesDir: string, name: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  const campaign = await loadCampaign(templatesDir, name).catch((error: unknown) => {
    if (!(error instanceof ContentError)) throw error;
    problems.push(error.problem);
    return undefined;
  });
  if (campaign === undefined) return problems;
  problems.push(...ruleProblems(campaign));
  for (const [index, variant] of campaign.variants.entries()) {
    const found: Problem[] = [];
    const report = (problem: Problem) => void found.push({ ...problem, variant: variant.name });
    const source = await compileVariant(templatesDir, campaign, variant.name, report).catch(
      (error: unknown) => {
        report(error instanceof ContentError ? error.problem : unexpected(campaign, error));
        return undefined;
      },
    );
    if (source) doubts(campaign, index, source).map(report);
    problems.push(...found);
  }
  return inOrder(problems, campaign.variants.length);
}

function unexpected(campaign: CampaignDefinition, error: unknown): Problem {
  return { level: 'error', code: 'content.failed', file: campaign.file, message: messageOf(error) };
}

/** Rules are read where the campaign holds them; what they name is looked up by whoever has the database. */
function ruleProblems(campaign: CampaignDefinition): Problem[] {
  return rulesIn(campaign).flatMap(({ path, rule }): Problem[] => {
    try {
      parseRule(rule, path);
      return [];
    } catch (error) {
      if (!(error instanceof DearError)) throw error;
      const { code, message, mend } = error;
      return [{ level: 'error', code, file: campaign.file, line: campaign.lines[path], message, mend }];
    }
  });
}

/** What is not wrong, but worth a look. */
function doubts(campaign: CampaignDefinition, index: number, source: LetterSource): Problem[] {
  const at = (part: string) => ({ file: campaign.file, line: campaign.lines[`variants.${index}.${part}`] });
  const problems: Problem[] = [];
  const subject = source.subject.replace(/\{\{[^}]*\}\}/g, 'Alexandra');
  if (subject.length > longSubject) {
    const message = `the subject has about ${subject.length} characters; most readers see the first ${longSubject} at best`;
    problems.push({ level: 'warning', code: 'subject.long', ...at('subject'), message });
  }
  if (campaign.variants[index]?.preheader === '') {
    const message = 'there is no preheader, so lists of mails show the first words of the letter';
    problems.push({ level: 'warning', code: 'preheader.none', ...at('name'), message });
  }
  const size = Buffer.byteLength(source.html);
  if (size > longHtml) {
    const message = `the HTML has ${Math.round(size / 1000)} kB; Gmail cuts letters off above 102 kB`;
    problems.push({ level: 'warning', code: 'letter.long', ...at('name'), message });
  }
  for (const [, setting] of source.html.matchAll(/settings\.(\w+)/g)) {
    const message = `{{settings.${setting}}} is read, but the campaign does not set it`;
    problems.push({ level: 'warning', code: 'setting.unset', ...at('name'), message });
  }
  return problems;
}

/** Errors first; what all variants share is said once. */
function inOrder(problems: readonly Problem[], variants: number): Problem[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.level, problem.code, problem.file, problem.line, problem.message]);
    groups.set(key, [...(groups.get(key) ?? []), problem]);
  }
  const merged = [...groups.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const names = new Set([first, ...rest].map(({ variant }) => variant));
    const { variant, ...shared } = first;
    return [variant === undefined || names.size === variants ? shared : first];
  });
  return worstFirst(merged);
}
