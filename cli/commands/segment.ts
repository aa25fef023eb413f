/** `segment`: one segment, from its definition to files of who is in it. */
import type { Command } from 'commander';
import { API_HELP } from '../api.ts';
import { examples, type Session } from '../session.ts';
import { addArchive, addRestore } from './segment/archive.ts';
import { addExport } from './segment/export.ts';
import { addExports } from './segment/exports.ts';
import { addMembers } from './segment/members.ts';
import { addPreview } from './segment/preview.ts';
import { addPut } from './segment/put.ts';
import { addReadyMade } from './segment/ready-made.ts';
import { addSchedule } from './segment/schedule.ts';
import { addShow } from './segment/show.ts';

const SUBCOMMANDS = [
  addShow,
  addPut,
  addPreview,
  addMembers,
  addExport,
  addExports,
  addSchedule,
  addArchive,
  addRestore,
  addReadyMade,
];

export function addSegment(program: Command, session: Session): void {
  const segment = program
    .command('segment')
    .description('define a segment, see who is in it and why, and take them with you as files')
    .addHelpText(
      'after',
      [
        examples(
          'segment ready-made',
          'segment preview sleeping.json',
          'segment put sleeping.json --why "the spring campaign" --wait',
          'segment members sleeping',
          'segment export sleeping --out sleeping.csv',
        ),
        '',
        'A definition is JSON (docs/segments.md): { "id": "sleeping", "name": "高价值沉睡客户", "when": { "all": [',
        '  { "field": "tier", "is": "high_value" }, { "field": "daysSinceLastOrder", "atLeast": 60 } ] } }',
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of SUBCOMMANDS) add(segment, session);
}
