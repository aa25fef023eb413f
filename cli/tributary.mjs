#!/usr/bin/env node
// The command line is TypeScript that runs as it is: tsx is registered for what this file imports, from whatever folder
// the command is given.
import { register } from 'tsx/esm/api';

// The SDK's notice about Node versions is for us, not for who runs a command, and stderr is read by scripts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
