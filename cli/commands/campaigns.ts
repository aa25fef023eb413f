/** `campaigns`, `campaign`: messages to customers, from a draft to what became of it. */
import { type Command, InvalidArgumentError } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { API_HELP, apiFor, unlessMissing } from '../api.ts';
import {
  readCampaignFile,
  readCampaignId,
  renderCampaigns,
  renderDryRun,
  renderReport,
  stateOf,
} from '../campaign-text.ts';
import { languageOf, languageOption } from '../language.ts';
import { answer } from '../output.ts';
import { listAll } from '../pages.ts';
import { examples, globalsOf, type Session } from '../session.ts';
import { addExplainSend } from './campaign-explain.ts';
import { addOrders } from './campaign-orders.ts';
import { addTest } from './campaign-test.ts';

export function addCampaigns(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('campaigns')
    .description('list campaigns: who is sent what, and when; `campaign` does the rest')
    .addHelpText('after', `${examples('campaigns', 'campaigns --json')}\n\n${API_HELP}`)
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const items = await listAll((query) => api.call(ROUTES.listCampaigns, { query }));
      answer(world, globals, { items }, () => renderCampaigns(items));
    });

  const campaign = program
    .command('campaign')
    .description('define a campaign, try it, start and pause it, see what became of it')
    .addHelpText(
      'after',
      [
        examples(
          'campaign put wake-sleepers.json',
          'campaign dry-run wake-sleepers',
          'campaign preview wake-sleepers shopify/my-shop/6210',
          'campaign start wake-sleepers',
          'campaign report wake-sleepers',
          'campaign orders wake-sleepers',
          'campaign pause wake-sleepers',
          'campaign test wake-sleepers --profile shopify/my-shop/6210 --device qa-phone',
        ),
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of [
    addPut,
    addShow,
    addDryRun,
    addPreview,
    addStart,
    addPause,
    addReport,
    addOrders,
    addTest,
    addExplainSend,
  ])
    add(campaign, session);
}

function addPut(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('put')
    .description('define a campaign as a draft, or put the next version of one')
    .argument('<file>', 'the definition as JSON (docs/push.md); - reads stdin')
    .action(async (file: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { id, written } = await readCampaignFile(file, world);
      const api = await apiFor(session, globals);
      const params = { id };
      const known = await unlessMissing(api.call(ROUTES.getCampaign, { params }), 'campaign_not_found');
      const put = known
        ? await api.call(ROUTES.putCampaign, { params, ifMatch: known.version, body: written })
        : await api.call(ROUTES.createCampaign, { body: { id, ...written } });
      answer(world, globals, put, stateOf);
    });
}

function addShow(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('show')
    .description('show a campaign: its definition and in which state it is')
    .argument('<id>', 'the campaign', readCampaignId)
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const shown = await api.call(ROUTES.getCampaign, { params: { id } });
      answer(world, globals, shown, (it) => [stateOf(it), '', JSON.stringify(it, undefined, 2)].join('\n'));
    });
}

interface DryRunOptions {
  readonly segment?: string;
  readonly limit?: number;
}

function addDryRun(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('dry-run')
    .description('who would be sent what now, and who would not, and why; nothing is sent')
    .argument('<id>', 'the campaign', readCampaignId)
    .option('--segment <id>', 'ask about its members; else about the audience, or what the trigger names')
    .option('--limit <n>', 'customers to ask about, at most 200', readLimit)
    .action(async (id: string, options: DryRunOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const { segment, limit } = options;
      const body = { ...(segment !== undefined && { segment }), ...(limit !== undefined && { limit }) };
      const run = await api.call(ROUTES.dryRunCampaign, { params: { id }, body });
      answer(world, globals, run, (it) => renderDryRun(it, languageOf(undefined, world)));
    });
}

const LIMIT_MOST = 200;

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MOST) return limit;
  throw new InvalidArgumentError(`A number from 1 to ${LIMIT_MOST}.`);
}

interface PreviewOptions {
  readonly variant?: string;
  readonly locale?: string;
  readonly nonPersonalised?: true;
  readonly product?: string[];
}

function addPreview(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('preview')
    .description('what a customer would be sent')
    .argument('<id>', 'the campaign', readCampaignId)
    .argument('<profile>', 'the customer')
    .option('--variant <id>', 'this one; else the one that the customer would get')
    .option('--locale <locale>', "zh-CN, en …; else that of the customer's device")
    .option('--non-personalised', 'as to who has refused personalisation')
    .option('--product <id...>', 'what it would be about, as runs out, was left or is back; else what is recommended')
    .action(async (id: string, profile: string, options: PreviewOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const { variant, locale, nonPersonalised = false, product } = options;
      const preview = await api.call(ROUTES.previewCampaign, {
        params: { id },
        body: {
          ...{ profile, personalised: !nonPersonalised },
          ...(variant !== undefined && { variant }),
          ...(locale !== undefined && { locale }),
          ...(product && { products: product }),
        },
      });
      answer(world, globals, preview, ({ message }) =>
        message
          ? [message.title, message.body, message.url].filter((line) => line !== undefined).join('\n')
          : 'Nothing: the content needs what is not known of this customer, or what nothing can be recommended for.',
      );
    });
}

function addStart(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('start')
    .description('start a campaign, or go on with one that was paused')
    .argument('<id>', 'the campaign', readCampaignId)
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(world, globals, await api.call(ROUTES.startCampaign, { params: { id } }), stateOf);
    });
}

function addPause(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('pause')
    .description('pause a campaign: within seconds nothing more is sent')
    .argument('<id>', 'the campaign', readCampaignId)
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(world, globals, await api.call(ROUTES.pauseCampaign, { params: { id } }), stateOf);
    });
}

function addReport(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('report')
    .description(
      'what became of a campaign, and what it brought: sent, held out, kept back and why; orders, revenue and lift',
    )
    .argument('<id>', 'the campaign', readCampaignId)
    .addOption(languageOption())
    .action(async (id: string, options: { readonly lang?: Language }, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const report = await api.call(ROUTES.reportCampaign, { params: { id } });
      answer(world, globals, report, (it) => renderReport(it, languageOf(options.lang, world)));
    });
}
