// Runs the GraphQL-over-HTTP audit of the package graphql-http against one address; prints JSON lines.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
let failed = 0;
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const result = await audit.fn();
  if (result.status !== 'ok') failed += 1;
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null }));
}
process.exit(failed ? 1 : 0);
