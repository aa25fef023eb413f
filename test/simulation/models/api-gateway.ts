/** A request as API Gateway hands it to a function (payload 2.0). Binary, so that the exact bytes come through. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Delivery } from '../../../demo/delivery.ts';

const ROUTE = 'ANY /webhooks/{channel}/{connection}';

export function toApiEvent({
  channel,
  connection,
  request,
}: Pick<Delivery, 'channel' | 'connection' | 'request'>): APIGatewayProxyEventV2 {
  const path = `/webhooks/${channel}/${connection}`;
  return {
    version: '2.0',
    routeKey: ROUTE,
    rawPath: path,
    rawQueryString: request.query,
    headers: { ...request.headers },
    pathParameters: { channel, connection },
    requestContext: {
      accountId: '000000000000',
      apiId: 'model',
      domainName: 'hooks.example.com',
      domainPrefix: 'hooks',
      http: { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.1', userAgent: 'model' },
      requestId: 'model',
      routeKey: ROUTE,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: Buffer.from(request.body).toString('base64'),
    isBase64Encoded: true,
  };
}
