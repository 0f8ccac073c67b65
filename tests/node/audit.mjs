// Runs the GraphQL-over-HTTP audit of the package graphql-http against one address; prints JSON lines.
// node audit.mjs ADDRESS TOKEN
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const authorised = (address, { headers, ...rest } = {}) =>
  fetch(address, { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } });
let failed = 0;
for (const audit of serverAudits({ url, fetchFn: authorised })) {
  const result = await audit.fn();
  if (result.status !== 'ok') failed += 1;
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null }));
}
process.exit(failed ? 1 : 0);
