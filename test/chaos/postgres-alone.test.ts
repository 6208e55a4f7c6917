import { kills } from './kills.ts';
import { outages } from './outages.ts';
import { onPostgres } from './postgres.ts';

/** A short form of its own: most of what it shows, the other queues show as well. */
onPostgres('PostgreSQL', [kills, outages]);
