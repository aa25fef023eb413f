/** `npm run evaluate`: on public data, whichever the folder holds: purchases of customers (docs/clv.md) or baskets (docs/recommend.md). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runEvaluate as evaluateCustomers } from './evaluate/evaluate.ts';
import { runEvaluate as evaluateBaskets } from './evaluate-recommend/evaluate.ts';

/** What the data set of baskets has, and no other. */
const BASKETS = 'tafeng_history.json';

const args = process.argv.slice(2);
const { data } = parseArgs({ args, options: { data: { type: 'string' } }, strict: false }).values;
const isBaskets = typeof data === 'string' && existsSync(path.join(data, BASKETS));
process.exitCode = await (isBaskets ? evaluateBaskets : evaluateCustomers)(args, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
