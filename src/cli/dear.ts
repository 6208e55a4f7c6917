#!/usr/bin/env node
import { main } from './main.ts';

// `dear … | head` closes our output early: that is no failure.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv, process.env, process.cwd());
