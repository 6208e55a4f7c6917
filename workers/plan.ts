import { main } from '../src/cli/main.ts';

/** A process that works on the queue `plan` alone. */
process.exitCode = await main([process.argv0, 'dear', 'work', 'plan'], process.env, process.cwd());
