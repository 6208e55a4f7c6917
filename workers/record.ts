import { main } from '../src/cli/main.ts';

/** A process that works on the queue `record` alone. */
process.exitCode = await main([process.argv0, 'dear', 'work', 'record'], process.env, process.cwd());
