/** Asked by the API: what a segment would be like, counted over the newest snapshot, which is kept from question to question. */
import { type AnswerDependencies, answerPreview } from '../../shared/preview/answer.ts';
import { NoSnapshot, PreviewQuestion } from '../../shared/preview/preview.ts';
import type { PreviewReply } from '../../shared/preview/reply.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

export interface PreviewDependencies extends AnswerDependencies {
  readonly telemetry: Telemetry;
}

export function createPreview({ telemetry, ...dependencies }: PreviewDependencies) {
  return async (event: unknown): Promise<PreviewReply> => {
    const question = PreviewQuestion.safeParse(event);
    if (!question.success) {
      // Not the question: people write names into it.
      telemetry.warn('Question of a preview is none', { issues: question.error.issues.length });
      return { kind: 'question_invalid' };
    }
    try {
      const preview = await answerPreview(question.data, dependencies);
      const { size, profiles, snapshotAt, tookMs } = preview;
      telemetry.info('Preview counted', { size, profiles, snapshotAt, tookMs });
      return { kind: 'preview', preview };
    } catch (error) {
      if (error instanceof NoSnapshot) return { kind: 'no_snapshot' };
      throw error;
    }
  };
}
