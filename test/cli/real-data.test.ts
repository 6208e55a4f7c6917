import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openSink } from '../fixtures/sink.ts';
import { dear } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
const data = resolve(root, '../shared/data/online-retail-to-2011-09.csv.gz');
const examples = join(root, 'test/examples/online-retail');
const missing = !existsSync(data);
if (missing) console.log(`Skipping the trial on real data: ${data} is not there (UCI 'Online Retail').`);

test.skipIf(missing)(
  '370,931 real order lines become 886 letters, each its own',
  { timeout: 300_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dear-real-'));
    const sink = await openSink();
    try {
      await symlink(join(root, 'templates'), join(folder, 'templates'));
      const lines = join(folder, 'lines.csv.gz');
      await copyFile(data, lines);
      const run = async (...words: string[]) => {
        const result = await dear([...words, '--json'], folder, { SMTP_URL: sink.url });
        expect([result.code, result.code === 0 ? '' : result.err], words.join(' ')).toEqual([0, '']);
        return result;
      };
      const json = async (...words: string[]) => JSON.parse((await run(...words)).out);

      expect(
        await json('profiles', 'import', lines, '--mapping', join(examples, 'customers.yaml')),
      ).toMatchObject({ rows: 370_931, added: 3658, refused: 98_056 });
      const orders = ['events', 'import', lines, '--mapping', join(examples, 'orders.yaml')];
      expect(await json(...orders)).toMatchObject({ rows: 370_931, added: 270_062, refused: 98_056 });
      await run('segments', 'save', join(examples, 'repeat-buyers-september.json'));
      const segment = await json('segments', 'check', join(examples, 'repeat-buyers-september.json'));
      const report = await json('campaign', 'launch', 'repeat-buyers-september', '--send');

      expect(report.audience).toBe(segment.count);
      expect(report.audience).toBe(886);
      expect(report.states.accepted).toBe(report.audience - report.states.skipped);
      expect(sink.mails.length).toBe(report.states.accepted);
      const bodies = sink.mails.map(({ raw }) => raw.subarray(raw.indexOf('\r\n\r\n')).toString('latin1'));
      const unlinked = bodies.map((body) =>
        body.replace(/\/[ocup]\/[\w.-]+(\/\d+)?/g, '').replace(/=_[0-9a-f]+/g, ''),
      );
      expect(new Set(bodies).size).toBe(sink.mails.length);
      // Even without the links, which are everybody's own, hardly two readers bought the same three things last.
      expect(new Set(unlinked).size).toBeGreaterThan(sink.mails.length * 0.95);

      const { raw } = sink.mails[400] ?? { raw: Buffer.of() };
      const id = /^X-Dear-Send: (\d+)/m.exec(raw.toString('latin1'))?.[1] ?? '';
      const shown = await dear(['send', 'show', id], folder, { SMTP_URL: sink.url });
      expect(shown.out).toBe(raw.toString('utf8'));
    } finally {
      await sink.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
