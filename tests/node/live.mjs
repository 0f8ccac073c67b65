// Follows a job by the clients that front ends use, over WebSocket and server-sent events; prints JSON lines.
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, authorization, query] = process.argv.slice(2);
const headers = { authorization };
const tell = (client, what) => console.log(JSON.stringify({ client, ...what }));
const told = (client) => (result) => tell(client, { errors: result.errors, data: result.data?.jobProgress });

const sockets = () =>
  createWsClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: authorization },
    retryAttempts: 0,
  });
const events = () => createSseClient({ url, headers, retryAttempts: 0 });

// A plain client: what it hears, and its end.
const followed = (name, client) =>
  new Promise((resolve) => {
    client.subscribe(
      { query },
      {
        next: told(name),
        error: (error) => resolve(tell(name, { failed: String(error?.reason ?? error?.message ?? error) })),
        complete: () => resolve(tell(name, { complete: true })),
      },
    );
  });

const followedByUrql = (name, exchange, options = {}) =>
  new Promise((resolve) => {
    const client = new Client({
      url,
      exchanges: [exchange],
      fetchOptions: { headers },
      preferGetMethod: false,
      ...options,
    });
    let ended = false;
    client.subscription(query, {}).subscribe((result) => {
      if (ended) return; // it tells the last result again when the stream ends
      if (result.error) tell(name, { failed: result.error.message });
      if (result.data) told(name)(result);
      if (result.data?.jobProgress.finished) {
        ended = true;
        resolve(tell(name, { complete: true }));
      }
    });
  });

const followedByApollo = (name) =>
  new Promise((resolve) => {
    const client = new ApolloClient({ link: new GraphQLWsLink(sockets()), cache: new InMemoryCache() });
    client.subscribe({ query: gql(query) }).subscribe({
      next: told(name),
      error: (error) => resolve(tell(name, { failed: String(error) })),
      complete: () => resolve(tell(name, { complete: true })),
    });
  });

// Queries go the same way, and a mistake in one leaves the connection as it is.
const client = sockets();
const once = (payload) =>
  new Promise((resolve) => {
    let result;
    client.subscribe(payload, {
      next: (value) => (result = value),
      error: (errors) => resolve({ errors }),
      complete: () => resolve(result),
    });
  });
tell('query', { data: (await once({ query: '{ __typename }' })).data });
tell('mistake', { codes: (await once({ query: '{ nope }' })).errors.map((error) => error.extensions.code) });
tell('query', { data: (await once({ query: '{ __typename }' })).data });
await client.dispose();

const urqlSockets = sockets();
const forward = (request) => ({
  subscribe: (sink) => ({ unsubscribe: urqlSockets.subscribe({ ...request, query: request.query ?? '' }, sink) }),
});
const apolloQueries = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache() });
tell('apollo query', { data: (await apolloQueries.query({ query: gql`{ __typename }` })).data });

await Promise.all([
  followed('graphql-ws', sockets()),
  followed('graphql-sse', events()),
  followedByUrql('urql over sockets', subscriptionExchange({ forwardSubscription: forward })),
  followedByUrql('urql over events', fetchExchange, { fetchSubscriptions: true }),
  followedByApollo('apollo over sockets'),
]);
process.exit(0);
