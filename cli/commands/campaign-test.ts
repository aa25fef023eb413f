/** `campaign test`: a campaign as it is now, sent to a device of the brand's own. */
import type { Command } from 'commander';
import type { ShownOf } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { apiFor } from '../api.ts';
import { readCampaignId } from '../campaign-text.ts';
import { FAILED } from '../errors.ts';
import { answer } from '../output.ts';
import { globalsOf, type Session } from '../session.ts';
import { waitUntil } from '../wait.ts';

interface TestOptions {
  readonly profile: string;
  readonly device: string;
  readonly variant?: string;
  readonly locale?: string;
}

type CampaignTest = ShownOf<typeof ROUTES.getCampaignTest>;

/** It takes seconds; after so many it is on its way still, or nobody is there to send it. */
const SECONDS = 60;

export function addTest(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('test')
    .description('send it, as it is now, to a device of your own (registered with "test": true); nothing is counted')
    .argument('<id>', 'the campaign', readCampaignId)
    .requiredOption('--profile <id>', 'the customer whose data fill the template; nothing is sent to them')
    .requiredOption('--device <id>', 'where it is sent')
    .option('--variant <id>', 'this one; else the one that the customer would get')
    .option('--locale <locale>', 'zh-CN, en …; else that of the device')
    .action(async (id: string, { profile, device, variant, locale }: TestOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const wanted = { ...(variant !== undefined && { variant }), ...(locale !== undefined && { locale }) };
      const asked = await api.call(ROUTES.testCampaign, { params: { id }, body: { profile, device, ...wanted } });
      const test = await waitUntil(
        {
          look: () => api.call(ROUTES.getCampaignTest, { params: { id, testId: asked.id } }),
          isOver: ({ state }) => state !== 'waiting' && state !== 'sending',
          tell: ({ state }) => `test is ${state}`,
        },
        { world, globals, seconds: SECONDS },
      );
      if (test.state !== 'sent') session.exitCode = FAILED;
      answer(world, globals, test, render);
    });
}

function render({ state, device, provider, code }: CampaignTest): string {
  const by = provider === undefined ? '' : ` by ${provider}`;
  switch (state) {
    case 'sent':
      return `Sent to ${device}${by}.`;
    case 'failed':
      return `Not sent to ${device}${by}: ${code}.`;
    case 'unknown':
      return `Whether it was sent to ${device}${by} is not known: ${code}.`;
    default:
      return `Not over yet: it is ${state}.`;
  }
}
