/** What a report says of what a campaign has brought, with words for what it does not say. */
import * as z from 'zod';
import type { Language } from '../tiers/reasons.ts';
import { Attributed, type CampaignResult, Holdout, LiftTold } from './result.ts';

const NOTES = {
  not_attributed_yet: {
    zh: '归因结果尚未生成:活动开始后按设定间隔(默认每小时)计算',
    en: 'orders were not attributed yet: that is done each hour, or as often as a setting says, once the campaign has begun',
  },
  delivered_not_told: {
    zh: '推送服务商只告知是否接收,不告知是否送达设备',
    en: 'providers tell what they took, not what came to a device',
  },
  opened_not_told: {
    zh: '尚无应用上报消息被打开:服务商不告知,由应用发送“Push Opened”事件',
    en: 'no app has told of an opened message: no provider does, an app sends the event Push Opened',
  },
  opened_as_told: {
    zh: '打开数由应用上报,仅为参考:未接入的设备不计,事件也可能被伪造,但不会超过发送数',
    en: 'opened is what apps tell: devices that do not are missing, and an event can be forged, but never more of them than were sent',
  },
  no_holdout: { zh: '没有对照组,无法得知增量', en: 'nobody is held out, so there is nobody to compare with' },
  few_customers: {
    zh: '数据不足:窗口已结束的客户,两组各需至少 50 名',
    en: 'not enough data: it takes 50 customers in each group whose window has ended',
  },
  few_buyers: {
    zh: '数据不足:两组合计需至少 10 名下单客户',
    en: 'not enough data: it takes 10 customers in both groups who ordered',
  },
  not_balanced: {
    zh: '两组人数与设定比例不符,有别的原因使一组客户缺失(如预算用尽、内容缺值),无法比较',
    en: 'the groups are not of the size that was meant: something kept one of them away, as a spent budget or a missing value, so they can not be compared',
  },
  against_global: {
    zh: '本活动没有自己的对照组,以全局对照组比较:其中包含其他活动的效果',
    en: 'it holds out nobody itself, so those held out of everything are compared with: what other campaigns brought is in it',
  },
  windows_open: {
    zh: '部分客户的归因窗口尚未结束,暂不计入增量',
    en: 'the window of some customers has not ended: they count in no lift yet',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>;

type NoteCode = keyof typeof NOTES;
// The cast: Object.keys forgets that these are the keys of the table.
const NOTE_CODES = Object.keys(NOTES) as [NoteCode, ...NoteCode[]];

export const ProofReport = z.object({
  /** Messages that came to a device; null: no provider tells. */
  delivered: z.int().nullable(),
  /** Messages that somebody opened, as apps tell; null: none has told of any. As of `attributed.asOf`, or some time before. */
  opened: z.int().nullable(),
  openedByVariant: z.record(z.string(), z.int()).nullable(),
  /** Null before orders were attributed for the first time. */
  attributed: z.object({ asOf: z.iso.datetime(), ...Attributed.shape }).nullable(),
  holdout: Holdout.nullable(),
  lift: LiftTold.nullable(),
  /** Why something is not told, or what to bear in mind. */
  notes: z.array(z.object({ code: z.enum(NOTE_CODES), zh: z.string(), en: z.string() })),
});
export type ProofReport = z.infer<typeof ProofReport>;

export function reportOf(result: CampaignResult | undefined): ProofReport {
  const never = { delivered: null, opened: null, openedByVariant: null };
  if (!result) {
    const notes = inWords(['not_attributed_yet', 'delivered_not_told', 'opened_not_told']);
    return { ...never, attributed: null, holdout: null, lift: null, notes };
  }
  const { asOf, opened, attributed, holdout, lift } = result;
  return {
    ...never,
    ...(opened && { opened: opened.messages, openedByVariant: opened.variants }),
    attributed: { asOf, ...attributed },
    holdout,
    lift,
    notes: inWords([...aboutLift(result), 'delivered_not_told', opened ? 'opened_as_told' : 'opened_not_told']),
  };
}

function* aboutLift({ holdout, lift }: CampaignResult): Generator<NoteCode> {
  if (lift.kind !== 'lift') yield lift.why;
  if (lift.kind === 'not_enough_data' && lift.why === 'no_holdout') return;
  if (holdout.against === 'global') yield 'against_global';
  if (holdout.open.sentTo + holdout.open.heldOut > 0) yield 'windows_open';
}

const inWords = (codes: readonly NoteCode[]) => codes.map((code) => ({ code, ...NOTES[code] }));
