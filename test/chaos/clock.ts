/*
 * Loaded into a worker before Dear (`node --import`): its clock is wrong, and jumps. DEAR_CHAOS_CLOCK holds pairs of
 * `seconds after the start:milliseconds off`, in order of time, such as `0:0,2:3600000`.
 */

const RealDate = Date;
const started = performance.now();
const jumps = (process.env.DEAR_CHAOS_CLOCK ?? '').split(',').map((pair) => {
  const [after = 0, off = 0] = pair.split(':').map(Number);
  return { after: after * 1000, off };
});

function offNow(): number {
  const age = performance.now() - started;
  return jumps.findLast((jump) => jump.after <= age)?.off ?? 0;
}

const now = () => RealDate.now() + offNow();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
