/** A folder for the cloud assemblies of a run, gone with it: CDK's own choice would stay behind, and workers end before they could tidy up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly assemblies: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'tributary-infra-'));
  project.provide('assemblies', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
