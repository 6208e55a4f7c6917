import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/**
 * Who may import whom, by the folder or file under src/. The data flows profile → segment → content → campaign →
 * delivery; store and queue implement the domain's ports; app and roles wire; faces come last.
 */
const shared = ['errors', 'config', 'duration', 'folder', 'frugal', 'grouped', 'thread', 'url'];
const allowed: Record<string, readonly string[]> = {
  errors: [],
  duration: ['errors'],
  grouped: ['errors'],
  folder: [],
  url: [],
  thread: ['errors'],
  settings: [],
  frugal: [],
  config: ['errors', 'folder', 'settings'],
  profiles: ['errors', 'duration', 'grouped'],
  access: ['errors'],
  segments: ['errors', 'duration', 'profiles'],
  content: ['errors', 'duration', 'url', 'profiles', 'segments'],
  tracking: ['errors', 'duration', 'grouped', 'profiles'],
  inbox: ['errors', 'thread', 'profiles', 'tracking'],
  campaigns: ['errors', 'duration', 'profiles', 'segments', 'content'],
  delivery: ['errors', 'grouped', 'profiles', 'campaigns', 'content', 'tracking', 'queue'],
  'sign-up': ['errors', 'duration', 'thread', 'profiles', 'content', 'delivery', 'tracking'],
  queue: ['errors'],
  store: [
    'errors',
    'duration',
    'folder',
    'access',
    'thread',
    'profiles',
    'segments',
    'content',
    'tracking',
    'inbox',
    'campaigns',
    'delivery',
    'sign-up',
  ],
  writing: ['config', 'profiles', 'segments', 'campaigns', 'delivery', 'tracking', 'store'],
  app: [
    ...shared,
    'writing',
    'access',
    'profiles',
    'segments',
    'content',
    'tracking',
    'inbox',
    'campaigns',
    'delivery',
    'sign-up',
    'store',
  ],
  http: ['errors', 'url', 'access', 'profiles', 'tracking', 'campaigns', 'sign-up'],
  'scriptorium-thread': [...shared, 'writing', 'campaigns', 'delivery', 'store'],
  'scriptorium-link': [...shared, 'app', 'campaigns', 'delivery', 'scriptorium-thread'],
  sending: [...shared, 'app', 'access', 'profiles', 'campaigns', 'delivery', 'sign-up', 'queue'],
  roles: [
    ...shared,
    'app',
    'access',
    'scriptorium-link',
    'sending',
    'profiles',
    'campaigns',
    'delivery',
    'sign-up',
    'tracking',
    'inbox',
    'http',
    'queue',
  ],
  cli: [
    ...shared,
    'app',
    'sending',
    'roles',
    'access',
    'profiles',
    'segments',
    'content',
    'tracking',
    'inbox',
    'campaigns',
    'delivery',
    'queue',
    'sign-up',
  ],
};

/** Libraries that have one place. */
const places: Record<string, readonly string[]> = {
  'drizzle-orm': ['store'],
  'better-sqlite3': ['store'],
  pg: ['store', 'queue'],
  bullmq: ['queue'],
  ioredis: ['queue'],
  mjml: ['content'],
  handlebars: ['content'],
  fastify: ['http'],
  nodemailer: ['cli'],
  'smtp-server': ['inbox', 'cli'],
  commander: ['cli'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith('.ts') && !name.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const { module } = parseSync(file, readFileSync(file, 'utf8'));
  return [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) =>
      one.entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
  ];
}

const files = [...sources(join(root, 'src')), ...sources(join(root, 'workers'))];
const all: Import[] = files.flatMap((file) => importsOf(file).map((to) => ({ from: file, to })));

/** The first step of a path under src/: a folder, or a file without its ending. */
const room = (file: string) => relative(join(root, 'src'), file).split('/')[0]?.replace(/\.ts$/, '') ?? '';
const isLocal = ({ to }: Import) => to.startsWith('.');
const target = ({ from, to }: Import) => resolve(dirname(from), to);

describe('imports', () => {
  test('point one way', () => {
    const wrong = all
      .filter(isLocal)
      .filter((one) => !one.from.startsWith(join(root, 'workers')))
      .map((one) => ({ ...one, a: room(one.from), b: room(target(one)) }))
      .filter(({ a, b }) => a !== b && !(allowed[a] ?? []).includes(b))
      .map(({ from, b }) => `${relative(root, from)} imports ${b}`);
    expect(wrong).toEqual([]);
  });

  test('name every room of src/ in the rules', () => {
    const rooms = new Set(files.filter((file) => file.startsWith(join(root, 'src'))).map(room));
    expect([...rooms].filter((name) => allowed[name] === undefined)).toEqual([]);
  });

  test('keep each library in its place', () => {
    const wrong = all
      .filter((one) => !isLocal(one))
      .flatMap((one) => {
        const name = Object.keys(places).find((known) => one.to === known || one.to.startsWith(`${known}/`));
        return name === undefined || places[name]?.includes(room(one.from))
          ? []
          : [`${relative(root, one.from)} imports ${name}`];
      });
    expect(wrong).toEqual([]);
  });

  test('have no circles', () => {
    const next = new Map(
      files.map((file) => [file, all.filter((one) => one.from === file && isLocal(one)).map(target)]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]) => {
      if (path.includes(file))
        circles.push([...path.slice(path.indexOf(file)), file].map((one) => relative(root, one)).join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(circles).toEqual([]);
  });
});

test('src/README.md has a line for every room', () => {
  const map = readFileSync(join(root, 'src', 'README.md'), 'utf8');
  const rooms = readdirSync(join(root, 'src')).filter((name) => name !== 'README.md');
  expect(
    rooms.filter(
      (name) => !map.includes(`\`${name}${statSync(join(root, 'src', name)).isDirectory() ? '/' : ''}\``),
    ),
  ).toEqual([]);
});
