/** Requests as SDKs send them, a folder each: what is answered, and what is understood of them. UPDATE_EXPECTED=1 writes it anew. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sign } from '../../shared/behaviour/signature.ts';
import { createStage, type Request, SERVER_KEY } from './stage.ts';

const CASES = path.join(import.meta.dirname, 'cases');

/** `SIGN u42` in a request stands for the signature over what follows: so that a case can be read. */
const withSignatures = (text: string): Request =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('SIGN ') ? sign(value.slice('SIGN '.length), SERVER_KEY) : value,
  );

describe('a request', () => {
  test.each(readdirSync(CASES))('%s', async (name) => {
    const folder = path.join(CASES, name);
    const stage = createStage();
    const { status, body } = await stage.post(withSignatures(readFileSync(path.join(folder, 'request.json'), 'utf8')));
    const seen = { status, answer: body, events: stage.read() };
    const file = path.join(folder, 'expected.json');
    if (process.env.UPDATE_EXPECTED || !existsSync(file)) writeFileSync(file, `${JSON.stringify(seen, null, 2)}\n`);
    expect(seen).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    expect(existsSync(path.join(folder, 'case.md'))).toBe(true);
  });
});
