// An OAuth server on a free port of 127.0.0.1, by oidc-provider: login with
// consent, refresh tokens that change at each use, client credentials,
// introspection and revocation. It keeps everything in memory.
//
//   node server.mjs SCOPES.json
//
// SCOPES.json is a list of the scopes that it knows. The first line that it
// prints is its issuer. It ends when its standard input does.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const scopes = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const resource = 'urn:dpconform:resource';

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const native = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1/'],
};

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'person', ...native },
    // Its tokens are as good as expired at once: a client must refresh each time.
    { client_id: 'hasty', ...native },
    // It gets no refresh token.
    { client_id: 'once', ...native, grant_types: ['authorization_code'] },
    {
      client_id: 'service', client_secret: 'the-secret-of-service', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [],
    },
    {
      client_id: 'resource', client_secret: 'the-secret-of-resource', grant_types: [],
      redirect_uris: [], response_types: [],
    },
  ],
  cookies: { keys: ['for tests alone'] },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (context, indicator, client) => ({
        scope: scopes.join(' '),
        accessTokenFormat: 'opaque',
        accessTokenTTL: client.clientId === 'hasty' ? 5 : 600,
      }),
    },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
});
server.on('request', provider.callback());
console.log(issuer);

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
