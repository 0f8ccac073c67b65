// What every server is started with: `node SERVER.mjs FACTS PORT`.
import { readFileSync } from "node:fs";

import { resolvers } from "./resolvers.mjs";
import { Upstream, pools } from "./upstream.mjs";

const [file, port] = process.argv.slice(2);
const facts = JSON.parse(readFileSync(file, "utf8"));
const partners = pools(facts.partners);

export const setting = {
  port: Number(port),
  typeDefs: facts.sdl,
  resolvers: resolvers(facts),
  context: () => ({ upstream: new Upstream(partners, facts) }),
};

export function ready() {
  process.stdout.write("ready\n");
}
