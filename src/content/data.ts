import { isDeepStrictEqual } from 'node:util';
import type { ModuleBlock } from './blocks.ts';
import type { LetterSet } from './campaign.ts';
import { knownNames, type Report } from './problem.ts';
import type { DataNeed, DataRequest } from './source.ts';

/** A place that reads `data.<name>`; `key` names the conditional module that it belongs to. */
export interface DataUser {
  readonly name: string;
  readonly key: string | undefined;
  readonly file: string;
  readonly line: number;
}

interface Placed {
  readonly block: ModuleBlock;
  readonly key: string | undefined;
}

/**
 * What data a letter needs: what its modules ask for and what the campaign does, whose word counts where both
 * define a name. Needs of conditional modules alone are needed only where one of them appears.
 */
export function gatherData(
  campaign: LetterSet,
  modules: readonly Placed[],
  users: readonly DataUser[],
  report: Report,
): Record<string, DataNeed> {
  const requests = gatherRequests(campaign, modules, report);
  for (const { name, file, line } of users) {
    if (requests.has(name)) continue;
    const message = `data.${name} is read, but nothing says what it is`;
    const mend = `Define it under data:, in the module or the campaign. ${knownNames(name, [...requests.keys()])}`;
    report({ level: 'error', code: 'data.unknown', file, line, message, mend });
  }
  const needs: Record<string, DataNeed> = {};
  for (const [name, request] of requests) {
    const keys = keysOf(name, modules, users);
    if (keys.length === 0) {
      const line = campaign.lines[`data.${name}`];
      report({
        level: 'warning',
        code: 'data.unused',
        file: campaign.file,
        line,
        message: `data.${name} is never read`,
      });
      continue;
    }
    const onlyFor = keys.filter((key) => key !== undefined);
    needs[name] = onlyFor.length === keys.length ? { ...request, onlyFor } : request;
  }
  return needs;
}

function gatherRequests(
  campaign: LetterSet,
  modules: readonly Placed[],
  report: Report,
): Map<string, DataRequest> {
  const requests = new Map(Object.entries(campaign.data));
  for (const { block } of modules) {
    for (const [name, request] of Object.entries(block.meta.data)) {
      const earlier = requests.get(name);
      if (earlier === undefined) requests.set(name, request);
      else if (!Object.hasOwn(campaign.data, name) && !isDeepStrictEqual(earlier, request)) {
        report({
          level: 'error',
          code: 'data.conflict',
          file: block.file,
          line: block.lines[`data.${name}`],
          message: `data.${name} means something else in another module of this letter`,
          mend: `Rename one, or say under data: in ${campaign.file} which it is.`,
        });
      }
    }
  }
  return requests;
}

/** The modules that need the name, each once; undefined for what every letter shows. */
function keysOf(
  name: string,
  modules: readonly Placed[],
  users: readonly DataUser[],
): (string | undefined)[] {
  const asking = modules.filter(({ block }) => Object.hasOwn(block.meta.data, name)).map(({ key }) => key);
  return [...new Set([...asking, ...users.filter((user) => user.name === name).map(({ key }) => key)])];
}
