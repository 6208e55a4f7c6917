import { main } from '../src/cli/main.ts';

/** A process that works on the queue `follow` alone. */
process.exitCode = await main([process.argv0, 'dear', 'work', 'follow'], process.env, process.cwd());
