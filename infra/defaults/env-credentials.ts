/** Stands in for `@aws-sdk/credential-provider-node` in bundles: Lambda's credentials are in its environment. Saves 130 KB. */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
