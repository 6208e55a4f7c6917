import { createWriteStream } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { pino } from 'pino';
import { type App, openApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { packageRoot } from '../../src/store/package-root.ts';
import type { StepOptions } from './steps.ts';

/** The files that a folder of the benchmark holds. */
export const filesOf = (folder: string) => ({
  profiles: join(folder, 'profiles.csv'),
  events: join(folder, 'events.csv'),
  templates: join(folder, 'templates'),
});

/** Sizes of the shop whose customers get the letters. The first `letters` profiles are the campaign `whole`. */
export interface ShopSize {
  readonly profiles: number;
  readonly events: number;
  readonly letters: number;
  /** The first so many of them are also the campaign `part`. */
  readonly profiled: number;
}

/** Writes the shop's files and templates. The same size gives the same files, but for the times of the events. */
export async function writeShop(folder: string, size: ShopSize): Promise<void> {
  const files = filesOf(folder);
  await writeCsv(
    files.profiles,
    rows(size.profiles, (index) => profileRow(index, size)),
  );
  await writeCsv(
    files.events,
    rows(size.events, (index) => eventRow(index, size.profiles, Date.now())),
  );
  await cp(join(packageRoot(), 'test/bench/templates'), files.templates, { recursive: true });
  const whole = await readFile(join(files.templates, 'campaigns/whole/campaign.yaml'), 'utf8');
  await mkdir(join(files.templates, 'campaigns/part'));
  await writeFile(
    join(files.templates, 'campaigns/part/campaign.yaml'),
    whole.replace('[part, rest]', '[part]'),
  );
}

/**
 * Dear's own wiring on the folder. DATABASE_URL and QUEUE_URL of the environment choose other servers than the
 * embedded ones; the database must then be empty.
 */
export function openInstallation(options: StepOptions): Promise<App> {
  const config = loadConfig(
    {
      DATABASE_URL: process.env.DATABASE_URL,
      QUEUE_URL: process.env.QUEUE_URL,
      DATA_DIR: join(options.folder, 'data'),
      SMTP_URL: options.smtpUrl,
      SMTP_CONNECTIONS: String(options.connections),
      PUBLIC_URL: 'https://letters.shop.example',
      // A limit that nobody reaches, so that it is counted for every letter.
      DEFAULT_FREQUENCY: '1000 per week',
    },
    options.folder,
  );
  const log = pino({ level: 'warn' }, pino.destination(2));
  return openApp({ ...config, templatesDir: filesOf(options.folder).templates }, log, 'thread');
}

function* rows<T>(count: number, make: (index: number) => T): Generator<T> {
  for (let index = 0; index < count; index += 1) yield make(index);
}

async function writeCsv(path: string, lines: Iterable<object>): Promise<void> {
  await pipeline(Readable.from(lines), stringify({ header: true }), createWriteStream(path));
}

const firstNames = ['Ann', 'Zoë', 'Piotr', 'Łucja', 'Mary Ann', 'José', 'Ben', 'Siân', 'Grace', '健太'];
const cities = ['Ludlow', 'York', 'Gdańsk', 'Lyon', 'Málaga', 'Bath', 'Kyoto'];
const goods = ['Lamp', 'Kettle', 'Throw', 'Bowl', 'Clock', 'Shears', 'Vase', 'Stool', 'Apron', 'Tray', 'Jug'];

const of = <T>(list: readonly T[], index: number) => list[index % list.length];

function profileRow(index: number, size: ShopSize) {
  return {
    email: `customer-${index}@example.test`,
    firstName: of(firstNames, index),
    city: of(cities, index),
    customer: `C${index}`,
    points: (index * 37) % 5000,
    club: index % 4 === 0 ? 'yes' : 'no',
    cohort: index < size.profiled ? 'part' : index < size.letters ? 'rest' : 'none',
    'consent.offers': 'in',
    consentAt: '2024-01-15T10:00:00Z',
  };
}

/** One event a profile after the other, in turns, so that whoever has more has other products. */
function eventRow(index: number, profiles: number, now: number) {
  const profile = index % profiles;
  const turn = Math.floor(index / profiles);
  const product = `${of(goods, profile + turn)} no. ${(profile % 97) + turn}`;
  return {
    email: `customer-${profile}@example.test`,
    type: 'order',
    at: new Date(now - 3_600_000 * (1 + turn) - profile * 1000).toISOString(),
    product,
    sku: `${profile}-${turn}`,
    quantity: 1 + (index % 3),
    price: (5 + (index % 500) / 10).toFixed(2),
    currency: 'GBP',
  };
}
