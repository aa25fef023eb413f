/** The disk of a function outlives its process: what a dead one left behind goes, what is another's stays. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ownFolder } from '../../shared/snapshots/own-folder.ts';

test('a folder of the process is empty, and those of dead ones are gone', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'tributary-own-folder-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  // Numbers of processes are below 2^22 on Linux, and below 100,000 elsewhere.
  const dead = 2 ** 30;
  const alive = process.ppid;
  const names = [`tributary-preview-${dead}`, `tributary-preview-${process.pid}`, `tributary-preview-${alive}`];
  const others = [`tributary-snapshot-${dead}`, 'tributary-preview-abc'];
  for (const name of [...names, ...others]) mkdirSync(path.join(root, name, 'spilled'), { recursive: true });
  expect(ownFolder('preview', root)).toBe(path.join(root, `tributary-preview-${process.pid}`));
  expect(readdirSync(root).sort()).toEqual([`tributary-preview-${alive}`, ...others].sort());
});
