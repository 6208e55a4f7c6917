import { main } from '../src/cli/main.ts';

/** A process that works on the queue `send` alone. */
process.exitCode = await main([process.argv0, 'dear', 'work', 'send'], process.env, process.cwd());
