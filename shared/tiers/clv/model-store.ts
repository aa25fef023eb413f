import type { Model } from './model.ts';

/** The fitted models, kept so that a prediction can be told by the model that made it. */
export interface ModelStore {
  /** Idempotent by the model's `fittedAt` and `version`. */
  putModel(model: Model): Promise<void>;
  /** The one fitted last; undefined before the first. */
  latestModel(): Promise<Model | undefined>;
  /** Fitted last first. */
  listModels(): Promise<Model[]>;
}
