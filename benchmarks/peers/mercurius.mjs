// Mercurius on Fastify, with operations compiled from their first use on.
import Fastify from "fastify";
import mercurius from "mercurius";

import { ready, setting } from "./setting.mjs";

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: setting.typeDefs,
  resolvers: setting.resolvers,
  context: () => setting.context(),
  jit: 1,
});
await app.listen({ host: "127.0.0.1", port: setting.port });
ready();
