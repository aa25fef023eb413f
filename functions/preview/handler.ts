/** Asked by the API: what a segment would be like, counted over the newest snapshot, which is kept from question to question. */
import { type AnswerDependencies, answerPreview } from '../../shared/preview/answer.ts';
import { NoSnapshot, PreviewQuestion, TookTooLong } from '../../shared/preview/preview.ts';
import type { PreviewReply } from '../../shared/preview/reply.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

export interface PreviewDependencies extends AnswerDependencies {
  /** After a failure: of some that are DuckDB's own defects, all that is asked of the same instance fails from then on. */
  readonly discardDuckDB: () => void;
  readonly telemetry: Telemetry;
}

const MEASURED = { event: 'preview' };

export function createPreview({ telemetry, discardDuckDB, ...dependencies }: PreviewDependencies) {
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
      telemetry.measure('previewedMillis', tookMs, MEASURED);
      telemetry.measure('snapshotAgeMillis', dependencies.clock().getTime() - Date.parse(snapshotAt), MEASURED);
      return { kind: 'preview', preview };
    } catch (error) {
      if (error instanceof NoSnapshot) return { kind: 'no_snapshot' };
      if (error instanceof TookTooLong) {
        telemetry.warn('Preview given up', {});
        telemetry.measure('previewGaveUp', 1, MEASURED);
        return { kind: 'took_too_long' };
      }
      discardDuckDB();
      throw error;
    }
  };
}
