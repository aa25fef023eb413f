/** What accounts at providers are opened with, and that it is there. The credentials themselves are secrets, and only ever read to send. */
import type { CredentialsOf } from '../../senders/credentials.ts';
import type { Provider } from '../../senders/sender.ts';
import type { Instant } from '../../time/instant.ts';

export interface CredentialStore {
  /** Undefined where none were given. Throws where they are not of the form that was put. */
  getCredentials<P extends Provider>(provider: P): Promise<CredentialsOf<P> | undefined>;
}

/** As they came: they have been looked at. */
export interface CredentialKeeper {
  putCredentials(provider: Provider, json: unknown): Promise<void>;
  /** Idempotent. */
  removeCredentials(provider: Provider): Promise<void>;
}

export interface ProviderNote {
  readonly provider: Provider;
  readonly at: Instant;
  readonly by: string;
}

/** Which providers there are credentials for, for people. */
export interface ProviderNotes {
  listProviders(): Promise<ProviderNote[]>;
  putProvider(note: ProviderNote): Promise<void>;
  removeProvider(provider: Provider): Promise<void>;
}
