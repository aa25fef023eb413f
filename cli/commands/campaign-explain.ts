/** `campaign explain`: why a message was sent to a customer, or was not. */
import type { Command } from 'commander';
import type { ShownOf } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { apiFor } from '../api.ts';
import { readCampaignId } from '../campaign-text.ts';
import { languageOf, languageOption } from '../language.ts';
import { answer, facts, minute, oneLine } from '../output.ts';
import { globalsOf, type Session } from '../session.ts';

type Explanation = ShownOf<typeof ROUTES.explainSend>;

export function addExplainSend(campaign: Command, session: Session): void {
  const { world } = session;
  campaign
    .command('explain')
    .description('why a message was sent to a customer, or was not: what the customer may ask for')
    .argument('<id>', 'the campaign', readCampaignId)
    .argument('<key>', 'of the message, as `push sent` and the list of sends have it')
    .addOption(languageOption())
    .action(async (id: string, key: string, options: { readonly lang?: Language }, command: Command) => {
      const globals = globalsOf(command);
      const lang = languageOf(options.lang, world);
      const api = await apiFor(session, globals);
      // A script that names no language has both.
      const query = globals.json && options.lang === undefined ? {} : { lang };
      const explanation = await api.call(ROUTES.explainSend, { params: { id, key }, query });
      answer(world, globals, explanation, (it) => render(it, lang));
    });
}

const HEADINGS = {
  zh: { because: '原因', against: '未发送的原因', data: '所用信息', consents: '同意记录', howToRefuse: '如何拒绝' },
  en: {
    because: 'Why',
    against: 'What stood against it',
    data: 'What it was decided by and made of',
    consents: 'Consent on record',
    howToRefuse: 'How to refuse',
  },
} as const;

type Said = { readonly zh?: string | undefined; readonly en?: string | undefined };

function render(it: Explanation, lang: Language): string {
  const say = (said: Said): string => oneLine(said[lang] ?? '');
  const headings = HEADINGS[lang];
  const part = (heading: string, said: readonly Said[]): string[] =>
    said.length === 0 ? [] : ['', heading, ...said.map((one) => `  ${say(one)}`)];
  return [
    facts([
      ['campaign', `${it.campaign.id} (${it.campaign.name}), version ${it.campaign.version}`],
      ['customer', it.profile],
      ['at', `${minute(it.at)} UTC`],
    ]),
    '',
    say(it.outcome),
    say(it.decidedBy),
    ...(it.heldOut ? [say(it.heldOut)] : []),
    say(it.personalised),
    ...part(headings.because, it.because),
    ...part(headings.against, it.against),
    ...part(headings.consents, it.consents),
    ...part(headings.data, it.data),
    ...part(headings.howToRefuse, it.howToRefuse),
  ].join('\n');
}
