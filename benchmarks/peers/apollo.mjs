// Apollo Server, by itself.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

import { ready, setting } from "./setting.mjs";

const server = new ApolloServer({ typeDefs: setting.typeDefs, resolvers: setting.resolvers });
await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: setting.port },
  context: async () => setting.context(),
});
ready();
