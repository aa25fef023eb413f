#!/usr/bin/env node
// The command line is TypeScript that runs as it is: tsx is registered for what this file imports, from whatever folder
// the command is given.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
