/** `npm run openapi`: writes the document that the API serves. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openApiDocument } from './openapi/document.ts';

const FILE = path.resolve(import.meta.dirname, '..', 'functions', 'api', 'openapi.json');
await writeFile(FILE, `${JSON.stringify(openApiDocument(), null, 1)}\n`);
process.stdout.write(`Wrote ${path.relative(process.cwd(), FILE)}.\n`);
