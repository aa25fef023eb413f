/** The same `cdk deploy` that goes to AWS, sent to an emulator by the environment alone. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ROLES, type Role } from '../shared/api/roles.ts';
import { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import { ROOT } from './endpoints.ts';
import { type LocalIssuer, openIssuer } from './issuer.ts';

export const LOCAL_REGION = 'us-east-1';
const LOCAL_ACCOUNT = '000000000000';

/** What an SDK, the CDK and the functions need to know of an emulator: these, and nothing in code. */
export const localEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: LOCAL_REGION,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  // Functions run on this machine, and so does what is compiled of them.
  TRIBUTARY_ARCHITECTURE: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  // The demo's platforms and subscribers, and those of tests, are on this machine.
  TRIBUTARY_ANY_API_BASE: 'true',
  TRIBUTARY_WEBHOOK_HOSTS: '127.0.0.1,localhost',
  // The SDK's notice of the Node versions of 2027 would stand between the lines that matter.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

export interface Deployment {
  readonly stack: string;
  readonly outputs: StackOutputs;
}

/** The HTTP API of a local deployment, and who may call it. */
export interface LocalApi {
  readonly url: string;
  /** With all roles. */
  readonly token: string;
  /** With one role alone. */
  tokenOf(role: Role): Promise<string>;
}

export interface LocalDeployment extends Deployment {
  readonly api: LocalApi;
}

export interface DeployOptions {
  readonly endpoint: string;
  /** For logs, the cloud assembly and the outputs. */
  readonly stateDir: string;
  readonly report: (line: string) => void;
}

/** Bootstraps the emulated account and deploys the stack; the whole output of the CDK is in `<stateDir>/deploy.log`. */
export async function deploy({ endpoint, stateDir, report }: DeployOptions): Promise<LocalDeployment> {
  const outputsFile = path.join(stateDir, 'outputs.json');
  const issuer = await openIssuer(endpoint);
  const run = (args: string[]) => cdk(args, { endpoint, stateDir, settings: settingsOf(issuer) });
  await mkdir(stateDir, { recursive: true });
  report('Preparing the account (cdk bootstrap)');
  await run(['bootstrap', `aws://${LOCAL_ACCOUNT}/${LOCAL_REGION}`]);
  report('Deploying the stack (cdk deploy)');
  await run(['deploy', '--all', '--require-approval', 'never', '--progress', 'events', '--outputs-file', outputsFile]);
  const all = z
    .record(z.string(), z.record(z.string(), z.string()))
    .parse(JSON.parse(await readFile(outputsFile, 'utf8')));
  const [stack, outputs] = Object.entries(all)[0] ?? [];
  const read = StackOutputs.parse(outputs);
  const api: LocalApi = {
    url: `${endpoint}/_aws/execute-api/${read.RestApiId}`,
    token: await issuer.token('local', ROLES),
    tokenOf: (role) => issuer.token(`local ${role}`, [role]),
  };
  return { stack: z.string().parse(stack), outputs: read, api };
}

const settingsOf = ({ issuer, audience }: LocalIssuer): Record<string, string> => ({
  TRIBUTARY_API_ISSUER: issuer,
  TRIBUTARY_API_AUDIENCE: audience,
});

interface Running {
  readonly endpoint: string;
  readonly stateDir: string;
  /** Of the stack, as the environment has them. */
  readonly settings: Readonly<Record<string, string>>;
}

async function cdk(args: string[], { endpoint, stateDir, settings }: Running): Promise<void> {
  const program = path.join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const log = path.join(stateDir, 'deploy.log');
  const output: string[] = [];
  const file = createWriteStream(log, { flags: 'a' });
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [program, ...args, '--no-notices', '--output', path.join(stateDir, 'cdk.out')],
      {
        cwd: ROOT,
        env: { ...process.env, ...localEnvironment(endpoint), ...settings, CI: 'true', NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const endWithUs = () => child.kill();
    process.once('exit', endWithUs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk.toString('utf8'));
        file.write(chunk);
      });
    }
    child.once('error', reject);
    child.once('close', (status) => {
      process.off('exit', endWithUs);
      resolve(status ?? 1);
    });
  });
  file.end();
  if (code !== 0) {
    const last = output.join('').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`cdk ${args[0]} failed (exit ${code}). The end of ${log}:\n${last}`);
  }
}
