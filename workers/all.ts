import { main } from '../src/cli/main.ts';

/** A process that works on every queue. */
process.exitCode = await main([process.argv0, 'dear', 'work'], process.env, process.cwd());
