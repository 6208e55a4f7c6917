import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '..', '..', 'src');

/** The packages that are loaded with a file, by whatever it imports at once and not when it needs it. */
function loadedWith(...entries: string[]): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = entries.map((entry) => join(src, entry));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    for (const name of atOnce(file)) {
      if (name.startsWith('.')) waiting.push(resolve(dirname(file), name));
      else packages.add(name.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1'));
    }
  }
  return packages;
}

function atOnce(file: string): string[] {
  const { module } = parseSync(file, readFileSync(file, 'utf8'));
  const imports = module.staticImports
    .filter(({ entries }) => entries.length === 0 || entries.some((entry) => !entry.isType))
    .map((one) => one.moduleRequest.value);
  const passedOn = module.staticExports.flatMap((one) =>
    one.entries.flatMap((entry) =>
      entry.moduleRequest === null || entry.isType ? [] : entry.moduleRequest.value,
    ),
  );
  return [...imports, ...passedOn];
}

const heavy = ['fastify', 'bullmq', 'ioredis', 'pg', 'mjml', 'handlebars', 'nodemailer', 'smtp-server'];
const reading = ['postal-mime', 'html-to-text', 'email-reply-parser'];

test('help is told without the database and what else only some commands need', () => {
  const loaded = loadedWith('cli/main.ts', 'cli/commands/profiles.ts', 'cli/commands/up.ts');
  expect(loaded).toContain('commander');
  for (const name of [...heavy, ...reading, 'drizzle-orm', 'better-sqlite3']) {
    expect(loaded).not.toContain(name);
  }
});

test('an import loads neither the other database nor what letters and mails need', () => {
  const loaded = loadedWith('cli/commands/profiles.ts', 'app.ts', 'store/sqlite.ts');
  expect(loaded).toContain('better-sqlite3');
  for (const name of [...heavy, ...reading]) expect(loaded).not.toContain(name);
});

test('the thread for bulk work does without drizzle', () => {
  expect(loadedWith('store/bulk-thread.ts')).not.toContain('drizzle-orm');
});
