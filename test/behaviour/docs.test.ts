/** The examples of docs/behaviour.md that make a signature make one that is taken. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { sign, signedText } from '../../shared/behaviour/signature.ts';
import { SERVER_KEY } from './stage.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/behaviour.md'), 'utf8');
const traits = { email: 'anne@example.com', phone: '+4917612345678' };
const expected = sign(signedText('u42', traits), SERVER_KEY);
const env = { PATH: process.env.PATH, SERVER_KEY };
const fenced = (language: string, about: string): string =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, code = '']) => code)
    .find((code) => code.includes(about)) ?? '';

it('in Node', () => {
  const [code = ''] = fenced('js', 'createHmac').split('// in the page');
  const run = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', `${code}\nprocess.stdout.write(userSignature)`],
    { env, encoding: 'utf8' },
  );
  expect(run).toBe(expected);
});

it('in Python', () => {
  const code = `${fenced('python', 'hmac')}\nprint(user_signature, end="")`;
  expect(execFileSync('python3', ['-c', code], { env, encoding: 'utf8' })).toBe(expected);
});
