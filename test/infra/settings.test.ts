import { describe, expect, it } from 'vitest';
import { environmentName, readSettings } from '../../infra/settings.ts';

const read = (context: Record<string, unknown>, env: Record<string, string> = {}) => readSettings(context, env);

describe('settings', () => {
  it('has a default for all that is not given', () => {
    expect(read({})).toMatchObject({ stack: 'Tributary', production: false, provisionedConcurrency: 0 });
  });

  it('reads text as the command line and the environment give it', () => {
    expect(read({ 'tributary:production': 'true' }, { TRIBUTARY_LOG_RETENTION_DAYS: '7' })).toMatchObject({
      production: true,
      logRetentionDays: 7,
    });
  });

  it('prefers the context to the environment', () => {
    expect(read({ 'tributary:stack': 'Given' }, { TRIBUTARY_STACK: 'Ambient' }).stack).toBe('Given');
  });

  it('takes an empty variable for none', () => {
    expect(read({}, { TRIBUTARY_ALARM_EMAIL: '' }).alarmEmail).toBeUndefined();
  });

  it('leaves the context of others alone', () => {
    expect(() => read({ '@aws-cdk/core:anything': true })).not.toThrow();
  });

  it('allows no host of our own to be told of events unless it is named', () => {
    expect(read({}).webhookHosts).toBe('');
    expect(read({ 'tributary:webhookHosts': 'localhost:8080,[::1]' }).webhookHosts).toBe('localhost:8080,[::1]');
  });

  it('has an HTTP API once it knows whose tokens to take', () => {
    expect(read({})).toMatchObject({ apiRolesClaim: 'roles', apiCorsOrigins: [] });
    expect(read({}).apiIssuer).toBeUndefined();
    const given = {
      'tributary:apiIssuer': 'https://brand.eu.auth0.com/',
      'tributary:apiAudience': 'tributary, console',
      'tributary:apiCorsOrigins': 'https://console.example.com,http://localhost:5173',
    };
    expect(read(given)).toMatchObject({
      apiIssuer: 'https://brand.eu.auth0.com/',
      apiAudience: ['tributary', 'console'],
      apiCorsOrigins: ['https://console.example.com', 'http://localhost:5173'],
    });
  });

  it('names variables as one would guess', () => {
    expect(environmentName('archiveWindowSeconds')).toBe('TRIBUTARY_ARCHIVE_WINDOW_SECONDS');
  });

  it.each([
    [{ 'tributary:production': 'yes' }, 'is "yes". Expected true or false.'],
    [{ 'tributary:logRetentionDays': '8' }, 'is "8". Expected one of 1, 3, 5, 7,'],
    [{ 'tributary:throttleRate': 'fast' }, 'is "fast". Expected a whole number from 1 to 10000.'],
    [{ 'tributary:throttleRate': '-1' }, 'Expected a whole number from 1 to 10000.'],
    [{ 'tributary:throttleRate': 1.5 }, 'is 1.5. Expected a whole number from 1 to 10000.'],
    [{ 'tributary:maxConcurrency': '1' }, 'Expected a whole number from 2 to 1000.'],
    [{ 'tributary:coolAfterDays': '7' }, 'is "7". Expected 0, or at least 30.'],
    [{ 'tributary:stack': 'two words' }, 'is "two words". Expected a letter, then letters, digits and -'],
    [{ 'tributary:alarmEmail': 'nobody' }, 'TRIBUTARY_ALARM_EMAIL) is "nobody". Expected an email address.'],
    [{ 'tributary:alarmTopicArn': 'topic' }, 'Expected the ARN of an SNS topic.'],
    [{ 'tributary:reportingCurrency': 'rmb' }, 'Expected an ISO 4217 code such as CNY'],
    [{ 'tributary:architecture': 'arm' }, 'is "arm". Expected arm64 or x86_64.'],
    [{ 'tributary:prodution': 'true' }, 'There is no setting prodution. There are: stack, production,'],
    [
      { 'tributary:alarmEmail': 'a@example.com', 'tributary:alarmTopicArn': 'arn:aws:sns:us-east-1:123456789012:ops' },
      'Give alarmEmail or alarmTopicArn, not both',
    ],
    [
      { 'tributary:archiveBatchSize': '100', 'tributary:archiveWindowSeconds': '0' },
      'archiveBatchSize is 100: more than 10 needs an archiveWindowSeconds of at least 1.',
    ],
    [{ 'tributary:production': 'true', 'tributary:anyApiBase': 'true' }, 'anyApiBase is for tests'],
    [{ 'tributary:production': 'true', 'tributary:webhookHosts': 'localhost' }, 'webhookHosts is for tests'],
    [{ 'tributary:webhookHosts': 'https://localhost' }, 'Expected hosts such as localhost:8080, separated by commas.'],
    [{ 'tributary:webhookHosts': 'localhost,*.example.com/' }, 'Expected hosts such as localhost:8080'],
    [{ 'tributary:webhookHosts': 'localhost:0' }, 'Expected hosts such as localhost:8080'],
    [{ 'tributary:apiIssuer': 'https://a.example' }, 'Give both apiIssuer and apiAudience, or neither'],
    [{ 'tributary:apiAudience': 'tributary' }, 'Give both apiIssuer and apiAudience, or neither'],
    [{ 'tributary:apiIssuer': 'a.example', 'tributary:apiAudience': 'a' }, 'Expected an https address'],
    [{ 'tributary:apiIssuer': 'http://a.example', 'tributary:apiAudience': 'a' }, 'Expected an https address'],
    [{ 'tributary:apiIssuer': 'https://a.example/?b', 'tributary:apiAudience': 'a' }, 'Expected an https address'],
    [{ 'tributary:apiIssuer': 'https://a.example', 'tributary:apiAudience': ',' }, 'Expected at least one audience'],
    [
      { 'tributary:production': true, 'tributary:apiIssuer': 'http://127.0.0.1:1/a', 'tributary:apiAudience': 'a' },
      'apiIssuer is on this machine',
    ],
    [{ 'tributary:apiCorsOrigins': 'https://a.example/' }, 'Expected origins such as https://console.example.com'],
    [{ 'tributary:apiCorsOrigins': '*' }, 'Expected origins such as https://console.example.com'],
    [{ 'tributary:apiCorsOrigins': 'http://a.example' }, 'Expected origins such as https://console.example.com'],
  ])('refuses %j in a sentence', (context, sentence) => {
    expect(() => read(context)).toThrow(sentence);
  });
});
