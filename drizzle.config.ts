import { defineConfig } from 'drizzle-kit';

const dialect = process.env.DIALECT === 'postgresql' ? 'postgresql' : 'sqlite';
const folder = dialect === 'postgresql' ? 'postgres' : 'sqlite';

/** `npm run migrations` runs drizzle-kit twice, once for each database. */
export default defineConfig({
  dialect,
  schema: `./src/store/schema/${folder}.ts`,
  out: `./migrations/${folder}`,
  casing: 'snake_case',
});
