// The lower bound of what Node.js can do: its own HTTP server and graphql-jit, and nothing between.
import { createServer } from "node:http";

import { makeExecutableSchema } from "@graphql-tools/schema";
import { parse, validate } from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";

import { ready, setting } from "./setting.mjs";

const schema = makeExecutableSchema({ typeDefs: setting.typeDefs, resolvers: setting.resolvers });
const compiled = new Map();

function compile(text) {
  let found = compiled.get(text);
  if (found === undefined) {
    const document = parse(text);
    const errors = validate(schema, document);
    if (errors.length) throw errors[0];
    found = compileQuery(schema, document);
    if (!isCompiledQuery(found)) throw found.errors[0];
    compiled.set(text, found);
  }
  return found;
}

async function answer(body, response) {
  const { query, variables } = JSON.parse(body);
  const operation = compile(query);
  const result = await operation.query(undefined, setting.context(), variables);
  const text = operation.stringify(result);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    answer(Buffer.concat(chunks).toString(), response).catch((error) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ message: String(error) }] }));
    });
  });
}).listen(setting.port, "127.0.0.1", ready);
