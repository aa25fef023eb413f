/** Text in SecureString parameters of SSM, `<prefix>/<name>`. */
import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';

export interface ParameterPlace {
  readonly client: SSMClient;
  readonly prefix: string;
}

export interface SecretParameters {
  getText(name: string): Promise<string | undefined>;
  /** In place of what was there. */
  putText(name: string, text: string): Promise<void>;
  /** Idempotent. */
  removeText(name: string): Promise<void>;
}

export function secretParameters({ client, prefix }: ParameterPlace): SecretParameters {
  const nameOf = (name: string) => `${prefix}/${name}`;
  return {
    async getText(name) {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: nameOf(name), WithDecryption: true }));
        return Parameter?.Value ?? '';
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
    async putText(name, text) {
      await client.send(
        new PutParameterCommand({ Name: nameOf(name), Value: text, Type: 'SecureString', Overwrite: true }),
      );
    },
    async removeText(name) {
      try {
        await client.send(new DeleteParameterCommand({ Name: nameOf(name) }));
      } catch (error) {
        if (!(error instanceof ParameterNotFound)) throw error;
      }
    },
  };
}
