/** `segment export`: who is in a segment, as files. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { readExportId } from '../../../shared/exports/export-id.ts';
import type { ExportView } from '../../../shared/exports/views.ts';
import { type Api, apiFor } from '../../api.ts';
import { download } from '../../download.ts';
import { CliError, FAILED, UsageError } from '../../errors.ts';
import { exportInWords, renderExport, type Saved } from '../../export-text.ts';
import { COLUMNS_HELP, FORMAT_OF, type WishOptions, wishesOf, withWishes } from '../../export-wishes.ts';
import { answer } from '../../output.ts';
import { readSegmentId } from '../../segment-file.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { secondsOf, type WaitOption, waitUntil, withWait } from '../../wait.ts';
import type { World } from '../../world.ts';

interface ExportOptions extends WishOptions, WaitOption {
  readonly out?: string;
}

export function addExport(segment: Command, session: Session): void {
  const { world } = session;
  withWait(
    withWishes(
      segment
        .command('export')
        .description('write who is in a segment to files, and give links to them, or fetch them')
        .argument('<id>', 'the segment; or an export that was asked for before, to go on with that one'),
    ),
    'it is done',
  )
    .option(
      '--out <file>',
      'wait, fetch the members to this file, and check that they came as written; a folder gets all files, those who left and the manifest too',
    )
    .addHelpText(
      'after',
      [
        examples(
          'segment export sleeping --out sleeping.csv',
          'segment export sleeping --format parquet --columns profile,since,tier,netSpend --wait',
          'segment export sleeping.1795597200000.Zm9vYmFy --out exports/',
        ),
        COLUMNS_HELP,
      ].join('\n'),
    )
    .action(async (id: string, options: ExportOptions, command: Command) => {
      const globals = globalsOf(command);
      const known = id.includes('.') ? readKnown(id, options) : undefined;
      const place = options.out === undefined ? undefined : await placeFor(options.out, world);
      const ask = known === undefined ? asker(readSegmentId(id), options) : undefined;
      const api = await apiFor(session, globals);
      const begun = await (ask ? ask(api) : look(known ?? id, api));
      const wait = options.wait ?? (place ? true : undefined);
      const view = wait === undefined ? begun : await untilDone(begun, wait);
      const isDone = view.status === 'done';
      if (view.status === 'failed' || (wait !== undefined && !isDone)) session.exitCode = FAILED;
      const saved = place && isDone ? await save(view, place, world) : [];
      answer(world, globals, { ...view, ...(place && { saved }) }, () => renderExport(view, saved));

      async function untilDone(asked: ExportView, seconds: number | true): Promise<ExportView> {
        const isOver = ({ status }: ExportView) => status === 'done' || status === 'failed';
        return waitUntil(
          { look: () => look(asked.id, api), isOver, tell: exportInWords },
          { world, globals, seconds: secondsOf(seconds) },
        );
      }
    });
}

const look = (exportId: string, api: Api): Promise<ExportView> => api.call(ROUTES.getExport, { params: { exportId } });

/** The format is that of the file's name, where none is said. */
function asker(id: string, options: ExportOptions): (api: Api) => Promise<ExportView> {
  const format = options.format ?? FORMAT_OF[path.extname(options.out ?? '').toLowerCase()];
  const body = wishesOf({ ...options, ...(format && { format }) });
  return (api) => api.call(ROUTES.requestExport, { params: { id }, body });
}

function readKnown(id: string, options: WishOptions): string {
  if (!readExportId(id)) throw new UsageError(`${id} is the id of no segment and of no export.`, 'export_id_invalid');
  const [wish] = Object.keys(wishesOf(options));
  if (wish === undefined) return id;
  throw new UsageError(`${id} was asked for already, with its own format and columns. Leave those options out.`);
}

interface OutPlace {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Looked at before anything is asked for. */
async function placeFor(out: string, { cwd }: Pick<World, 'cwd'>): Promise<OutPlace> {
  const place = path.resolve(cwd, out);
  const isFolder = await isDirectory(place);
  if (!isFolder && /[/\\]$/.test(out)) throw new UsageError(`There is no folder ${out}. Make it first.`, 'no_folder');
  if (!isFolder && !(await isDirectory(path.dirname(place))))
    throw new UsageError(`There is no folder ${path.dirname(out)} for ${out}. Make it first.`, 'no_folder');
  return { path: place, isFolder };
}

const isDirectory = (place: string): Promise<boolean> =>
  stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function save(view: ExportView, place: OutPlace, world: World): Promise<Saved[]> {
  const saved: Saved[] = [];
  for (const { name, url, sha256 } of view.files ?? []) {
    // What the API names is a name, and leads into no other folder.
    const file = place.isFolder ? path.join(place.path, path.basename(name)) : place.path;
    if (!place.isFolder && !name.startsWith('members.')) continue;
    if (url === undefined) throw withoutLinks(view);
    saved.push({ name, file, bytes: await download({ url, sha256 }, file, world) });
  }
  return saved;
}

const withoutLinks = ({ id, segment, linksWithheld, expiresAt }: ExportView): CliError =>
  linksWithheld
    ? new CliError(
        'links_withheld',
        `Names and contacts are in ${id}, which your role may not see. Ask for one of your own (tributary segment export ${segment}), or use a token with the role marketer.`,
      )
    : new CliError(
        'export_expired',
        `The files of ${id} were kept until ${expiresAt}. Ask for it anew: tributary segment export ${segment}`,
      );
