/** A subscribe message as WeChat takes it: values for the fields of a template; titles and texts of ours are not shown. */
import type { WechatCredentials } from '../credentials.ts';
import type { Checked, OutgoingTo } from '../sender.ts';
import { fieldProblem } from './fields.ts';

/** WeChat names no length; openids have 28 characters today. */
const OPEN_ID = /^[A-Za-z0-9_-]{1,128}$/;

export function wechatMessage(
  { endpoint, content }: OutgoingTo<'wechat'>,
  { miniprogramState, lang }: Pick<WechatCredentials, 'miniprogramState' | 'lang'>,
): string {
  const { id, page, values } = content.template ?? { id: '', values: {} };
  return JSON.stringify({
    touser: endpoint.openId,
    template_id: id,
    ...(page !== undefined && { page }),
    miniprogram_state: miniprogramState,
    lang,
    data: Object.fromEntries(Object.entries(values).map(([field, value]) => [field, { value }])),
  });
}

export function checkWechat({ endpoint, content }: OutgoingTo<'wechat'>): Checked {
  if (!OPEN_ID.test(endpoint.openId)) return { code: 'invalid', at: '/endpoint/openId' };
  const { template } = content;
  if (!template || template.id === '') return { code: 'invalid', at: '/content/template' };
  const fields = Object.entries(template.values);
  if (fields.length === 0) return { code: 'invalid', at: '/content/template/values' };
  for (const [field, value] of fields) {
    const problem = fieldProblem(field, value);
    // A field's name is the template's, so it may be said; whatever else stands there may not.
    const at = /^[a-z_]{1,30}\d{0,3}$/.test(field) ? `/content/template/values/${field}` : '/content/template/values';
    if (problem === 'invalid') return { code: 'invalid', at };
    if (problem) return { code: 'too_large', ...problem, unit: 'characters', at };
  }
  return 'ok';
}
