import { type Profiler, Session } from 'node:inspector/promises';

/** Microseconds of the main thread by stage. */
export type StageShares = Record<string, number>;

/**
 * Which stage a function's file belongs to; the first that fits. A function of no stage belongs to that of its
 * caller, so that what a library does counts for whoever asked for it.
 */
const stages: readonly (readonly [stage: string, file: RegExp])[] = [
  ['sql: asking for it', /\/src\/store\/(sqlite|sqlite-link|postgres)\.[jt]s$|node_modules\/pg/],
  ['sql: writing it', /\/src\/store\/|node_modules\/drizzle-orm/],
  ['tokens', /\/src\/tracking\/tokens\./],
  ['render', /\/src\/content\//],
  ['layout', /\/src\/delivery\/(mime|mime-body|headers|address|dkim)/],
  ['decision', /\/src\/delivery\/letter-writer\./],
  ['smtp', /\/src\/delivery\/smtp-|\/nodemailer\/|^node:net$|^node:internal\/(stream_base_commons|streams)/],
  ['plan', /\/src\/campaigns\//],
  ['send job', /\/src\/(delivery|grouped)/],
  ['queue', /\/src\/queue\/|node_modules\/(bullmq|@electric-sql|ioredis)|^wasm:/],
];

/** Runs the work under V8's profiler (a sample each 0.2 ms), on this thread only. */
export async function profiled<T>(work: () => Promise<T>) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { result, profile, shares: sharesOf(profile) };
}

function sharesOf(profile: Profiler.Profile): StageShares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const stageById = new Map<number, string>();
  const visit = (id: number, inherited: string) => {
    const node = nodes.get(id);
    if (node === undefined) return;
    const stage = stageOf(node.callFrame) ?? inherited;
    stageById.set(id, stage);
    for (const child of node.children ?? []) visit(child, stage);
  };
  const [root] = profile.nodes;
  if (root !== undefined) visit(root.id, 'other');
  const shares: StageShares = {};
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const stage = stageById.get(id) ?? 'other';
    if (stage !== 'idle') shares[stage] = (shares[stage] ?? 0) + (profile.timeDeltas?.[index] ?? 0);
  }
  return shares;
}

function stageOf({ url, functionName }: Profiler.Profile['nodes'][number]['callFrame']): string | undefined {
  // Starting the profiler is not Dear's work.
  if (functionName === '(idle)' || url === 'node:inspector') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'native code outside JavaScript';
  return stages.find(([, file]) => file.test(url))?.[0];
}
