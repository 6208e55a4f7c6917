import { main } from '../src/cli/main.ts';

/** A process that works on the queue `sweep` alone. */
process.exitCode = await main([process.argv0, 'dear', 'work', 'sweep'], process.env, process.cwd());
