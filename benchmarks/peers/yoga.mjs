// GraphQL Yoga on Node's own server, with operations compiled by graphql-jit.
import { createServer } from "node:http";

import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";

import { ready, setting } from "./setting.mjs";

const yoga = createYoga({
  schema: createSchema({ typeDefs: setting.typeDefs, resolvers: setting.resolvers }),
  context: () => setting.context(),
  plugins: [useGraphQlJit()],
  logging: false,
  graphiql: false,
});
createServer(yoga).listen(setting.port, "127.0.0.1", ready);
