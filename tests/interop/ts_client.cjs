// Drives a server with the official TypeScript SDK's client, every feature that it has.
//
// `node ts_client.cjs MAJOR MODE COMMAND...`, in the folder of the npm packages, prints one
// JSON object: what each feature gave. MAJOR is 1 or 2; MODE is "legacy", "auto" or a
// revision. In place of a command, the URL of an event stream is that of HTTP+SSE. Nothing
// is judged here.
"use strict";

const { createRequire } = require("node:module");
const TOOLS = require("./every_tool.json");

const [major, mode, command, ...args] = process.argv.slice(2);
const load = createRequire(process.cwd() + "/");
const SECONDS = Math.ceil(1000 * Number(process.env.MCPGEN_TEST_PATIENCE || 1));
const FILLED_IN = { name: "Bo", username: "bo", email: "bo@example.com", color: "red", ok: true, context: "spring" };

const asked = [];
const answers = {
  "elicitation/create": ({ params }) => {
    asked.push(params.url ?? params.message);
    return params.mode === "url" ? { action: "accept" } : { action: "accept", content: FILLED_IN };
  },
  "sampling/createMessage": () => ({
    role: "assistant",
    model: "m",
    content: { type: "text", text: "Paris" },
  }),
  "roots/list": () => ({ roots: [{ uri: "file:///home/bo", name: "home" }] }),
};
const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

function makeClient() {
  const info = { name: "ts", version: "1" };
  if (major === "2") {
    const { Client } = load("@modelcontextprotocol/client");
    const pinned = mode === "legacy" || mode === "auto" ? mode : { pin: mode };
    const client = new Client(info, { capabilities, versionNegotiation: { mode: pinned } });
    for (const [method, answer] of Object.entries(answers)) client.setRequestHandler(method, answer);
    const call = (params, options) => client.callTool(params, options);
    return { client, call };
  }
  const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
  const types = load("@modelcontextprotocol/sdk/types.js");
  const client = new Client(info, { capabilities });
  client.setRequestHandler(types.ElicitRequestSchema, answers["elicitation/create"]);
  client.setRequestHandler(types.CreateMessageRequestSchema, answers["sampling/createMessage"]);
  client.setRequestHandler(types.ListRootsRequestSchema, answers["roots/list"]);
  return { client, call: (params, options) => client.callTool(params, undefined, options) };
}

function makeTransport() {
  if (command.startsWith("http")) {
    const sse = load(major === "2" ? "@modelcontextprotocol/client" : "@modelcontextprotocol/sdk/client/sse.js");
    return new sse.SSEClientTransport(new URL(command));
  }
  const stdio = load(major === "2" ? "@modelcontextprotocol/client/stdio" : "@modelcontextprotocol/sdk/client/stdio.js");
  return new stdio.StdioClientTransport({ command, args, stderr: "pipe" });
}

const transport = makeTransport();
const { client, call } = makeClient();

const reported = [];
let news = () => {};
transport.stderr?.on("data", (data) => {
  reported.push(...data.toString().split("\n"));
  news();
});

async function reports(line) {
  if (transport.stderr === undefined) return; // the server is not a program of ours
  const limit = AbortSignal.timeout(20 * SECONDS);
  while (!reported.includes(line)) {
    await new Promise((resolve, reject) => {
      news = resolve;
      limit.onabort = () => reject(new Error(`no line ${line}`));
    });
  }
}

async function text(name, given = {}) {
  return (await call({ name, arguments: given })).content[0].text;
}

async function allTools() {
  const found = [];
  let cursor;
  do {
    const page = await client.listTools(cursor === undefined ? undefined : { cursor });
    found.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const features = {
  async connected() {
    return [client.getServerVersion().name, client.getNegotiatedProtocolVersion?.() ?? null];
  },
  async listed() {
    return (await allTools()).map((tool) => tool.name);
  },
  async every_tool() {
    const found = {};
    for (const [name, { arguments: given }] of Object.entries(TOOLS)) {
      const result = await call({ name, arguments: given });
      found[name] = [result.isError === true, result.content.map((block) => block.type)];
    }
    return found;
  },
  async structured() {
    const result = await call({ name: "test_structured_content", arguments: { city: "Oslo" } });
    return result.structuredContent;
  },
  async progress() {
    const found = [];
    const onprogress = ({ progress, total, message }) => found.push([progress, total, message]);
    await call({ name: "test_tool_with_progress", arguments: {} }, { onprogress });
    return found;
  },
  async elicitation() {
    asked.length = 0;
    const form = await text("test_elicitation", { message: "Who?" });
    const url = await text("test_elicitation_url");
    return [form, url, ...asked];
  },
  async sampling() {
    return text("test_sampling", { prompt: "The capital?" });
  },
  async roots() {
    return text("test_input_required_result_list_roots");
  },
  async several_questions() {
    return [
      await text("test_input_required_result_multiple_inputs"),
      await text("test_input_required_result_multi_round"),
    ];
  },
  async cancellation() {
    const controller = new AbortController();
    const options = { signal: controller.signal, onprogress: () => controller.abort("enough") };
    let failure = null;
    try {
      await call({ name: "test_cancellation", arguments: {} }, options);
    } catch (error) {
      failure = String(error);
    }
    await reports("cancelled");
    return [failure !== null, await text("test_simple_text")];
  },
  async side_by_side() {
    const cities = Array.from({ length: 20 }, (_, n) => "x".repeat(n));
    const calls = cities.map((city) => call({ name: "test_structured_content", arguments: { city } }));
    return (await Promise.all(calls)).map((result) => result.structuredContent.letters);
  },
  async prompts() {
    const given = { name: "test_prompt_with_arguments", arguments: { arg1: "one", arg2: "two" } };
    const listed = await client.listPrompts();
    return [listed.prompts.length > 0, (await client.getPrompt(given)).messages[0].content.text];
  },
  async resources() {
    const read = await client.readResource({ uri: "test://static-text" });
    return [(await client.listResources()).resources.map((each) => each.name), read.contents[0].text];
  },
  async completion() {
    const ref = { type: "ref/prompt", name: "test_prompt_with_arguments" };
    const argument = { name: "arg1", value: "par" };
    const given = { ref, argument, context: { arguments: { arg2: "two" } } };
    return (await client.complete(given)).completion.values;
  },
};

async function main() {
  await client.connect(transport);
  const found = {};
  const chosen = process.env.MCPGEN_TEST_FEATURES?.split(",") ?? Object.keys(features);
  for (const name of chosen) {
    const feature = features[name];
    try {
      found[name] = await feature();
    } catch (error) {
      found[name] = `failed: ${error}`;
    }
  }
  await client.close();
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
