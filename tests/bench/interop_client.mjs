// One TypeScript SDK as a client: node interop_client.mjs old|new COMMAND [ARGUMENT...]  or  old|new URL TOKEN
// A URL that ends in /sse is spoken to in the older transport.
// Prints one line of JSON with what the server said. It is copied beside node_modules and run there.

const [which, first, ...rest] = process.argv.slice(2);
const isUrl = /^https?:/.test(first);

async function parts() {
  if (which === "old") {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const stdio = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const http = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    const sse = await import("@modelcontextprotocol/sdk/client/sse.js");
    return {
      Client, Stdio: stdio.StdioClientTransport,
      Http: http.StreamableHTTPClientTransport, Sse: sse.SSEClientTransport,
    };
  }
  const whole = await import("@modelcontextprotocol/client");
  const stdio = await import("@modelcontextprotocol/client/stdio");
  return {
    Client: whole.Client, Stdio: stdio.StdioClientTransport,
    Http: whole.StreamableHTTPClientTransport, Sse: whole.SSEClientTransport,
  };
}

const { Client, Stdio, Http, Sse } = await parts();
const Remote = first.endsWith("/sse") ? Sse : Http;
const transport = isUrl
  ? new Remote(new URL(first), { requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } } })
  : new Stdio({ command: first, args: rest, env: process.env, stderr: "ignore" });
const client = new Client({ name: "interop", version: "1" });
await client.connect(transport);
const tools = (await client.listTools()).tools;
const packet = await client.callTool({
  name: "context_packet", arguments: { query: "parse_line", task_type: "edit" },
});
const wrong = await client.callTool({ name: "context_packet", arguments: { query: "" } });
const stats = await client.readResource({ uri: "cistron://stats" });
const prompts = (await client.listPrompts()).prompts;
const prompt = await client.getPrompt({ name: "before-edit", arguments: { path: "src/parser.py" } });
const completed = await client.complete({
  ref: { type: "ref/prompt", name: "before-edit" }, argument: { name: "path", value: "src/" },
});
console.log(JSON.stringify({
  tools: tools.map((tool) => tool.name),
  path: packet.structuredContent.items[0].path,
  status: packet.structuredContent.items[0].status,
  wrong: wrong.isError === true,
  files: JSON.parse(stats.contents[0].text).files,
  prompts: prompts.map((each) => each.name),
  prompt: prompt.messages[0].content.text.includes("src/parser.py"),
  completed: completed.completion.values,
}));
await client.close();
