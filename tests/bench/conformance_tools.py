"""The tools that the conformance suite calls: plain ones, and ones that ask the client for something."""

import base64
import struct
import warnings
import zlib
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

Answer = CallToolResult | InputRequiredResult
SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
DEFAULTS = {
    "name": {"type": "string", "description": "User name", "default": "John Doe"},
    "age": {"type": "integer", "description": "User age", "default": 30},
    "score": {"type": "number", "description": "User score", "default": 95.5},
    "status": {
        "type": "string",
        "description": "User status",
        "enum": ["active", "inactive", "pending"],
        "default": "active",
    },
    "verified": {"type": "boolean", "description": "Verification status", "default": True},
}
ENUMS = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {
        "type": "string",
        "oneOf": [{"const": f"value{n}", "title": f"{name} Option"} for n, name in enumerate(("First", "Second"), 1)],
    },
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {
        "type": "array",
        "items": {
            "anyOf": [
                {"const": f"value{n}", "title": f"{name} Choice"} for n, name in enumerate(("First", "Second"), 1)
            ]
        },
    },
}


def image() -> ImageContent:
    """Return a red pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(b"\0\xff\0\0")) + part(b"IEND", b"")
    return ImageContent(type="image", data=base64.b64encode(png).decode(), mime_type="image/png")


def embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    """Return a text as a resource."""
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def said(text: str) -> CallToolResult:
    """Return a text as an answer."""
    return CallToolResult(content=[TextContent(type="text", text=text)])


def add_plain_tools(server: MCPServer[None]) -> None:
    """Add the tools that answer by themselves."""

    def tool(name: str, result: CallToolResult) -> None:
        server.add_tool(lambda: result, name=name, description=f"Conformance: {name}.", structured_output=False)

    wav = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    audio = AudioContent(type="audio", data=base64.b64encode(wav + b"data" + bytes(4)).decode(), mime_type="audio/wav")
    mixed = embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
    tool("test_simple_text", said("This is a simple text response for testing."))
    tool("test_image_content", CallToolResult(content=[image()]))
    tool("test_audio_content", CallToolResult(content=[audio]))
    resource = embedded("test://embedded-resource", "This is an embedded resource content.")
    tool("test_embedded_resource", CallToolResult(content=[resource]))
    texts = TextContent(type="text", text="Multiple content types test:")
    tool("test_multiple_content_types", CallToolResult(content=[texts, image(), mixed]))
    tool("json_schema_2020_12_tool", said("ok"))

    @server.tool(description="Always fails.")
    def test_error_handling() -> str:
        raise ToolError("This tool intentionally returns an error for testing")

    @server.tool(description="Takes arguments that are mirrored in headers.")
    def test_custom_headers(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        priority: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Priority"})] = 1,
    ) -> str:
        return f"{region} {priority}"


def add_notifying_tools(server: MCPServer[None]) -> None:
    """Add the tools that say something before they answer."""

    @server.tool(description="Says how far it is.")
    async def test_tool_with_progress(context: Context) -> str:
        for done in (0, 50, 100):
            await context.report_progress(done, 100, f"{done} of 100")
            await anyio.sleep(0.05)
        return "done"

    async def logs(context: Context) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
                await context.info(text)
                await anyio.sleep(0.05)
        return "logged"

    server.add_tool(logs, name="test_tool_with_logging", description="Logs three times.")
    server.add_tool(logs, name="test_logging_tool", description="Logs, if the request wants to hear it.")

    @server.tool(description="Says that the tools changed.")
    async def test_trigger_tool_change(context: Context) -> None:
        await context.notify_tools_changed()

    @server.tool(description="Says that the prompts changed.")
    async def test_trigger_prompt_change(context: Context) -> None:
        await context.notify_prompts_changed()

    @server.tool(description="Closes its stream in between.")
    async def test_reconnection(context: Context) -> str:
        await context.close_sse_stream()
        await anyio.sleep(0.1)
        return "reconnected"


def add_asking_tools(server: MCPServer[None]) -> None:
    """Add the tools that ask the client in the middle of a call, as the handshake era does."""

    @server.tool(description="Asks the client's model.")
    async def test_sampling(prompt: str, context: Context) -> str:
        content = TextContent(type="text", text=prompt)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            answer = await context.session.create_message(
                messages=[SamplingMessage(role="user", content=content)], max_tokens=100
            )
        return f"LLM response: {getattr(answer.content, 'text', '')}"

    def asking(name: str, schema: dict[str, object], required: list[str], before: str) -> None:
        async def ask(context: Context, message: str = "Please fill in") -> str:
            answer = await context.session.elicit_form(
                message, {"type": "object", "properties": schema, "required": required}, context.request_id
            )
            return f"{before}: action={answer.action}, content={answer.content}"

        server.add_tool(ask, name=name, description="Asks the user.")

    fields = {name: {"type": "string", "description": f"User's {name}"} for name in ("username", "email")}
    asking("test_elicitation", fields, ["username", "email"], "User response")
    asking("test_elicitation_sep1034_defaults", DEFAULTS, [], "Elicitation completed")
    asking("test_elicitation_sep1330_enums", ENUMS, [], "Elicitation completed")


def add_input_tools(server: MCPServer[None]) -> None:
    """Add the tools that return what they need to know, as the stateless era does."""
    once = {
        "test_input_required_result_elicitation": {"user_name": form("What is your name?", "name")},
        "test_streaming_elicitation": {"user_name": form("What is your name?", "name")},
        "test_input_required_result_sampling": {"capital_question": sample("What is the capital of France?", 100)},
        "test_input_required_result_list_roots": {"client_roots": ListRootsRequest(method="roots/list")},
    }
    for name, requests in once.items():
        server.add_tool(_in_rounds([requests], None), name=name, description="Needs input.", structured_output=False)
    many: dict[str, InputRequest] = {
        "user_name": form("What is your name?", "name"),
        "greeting": sample("Generate a greeting", 50),
        "client_roots": ListRootsRequest(method="roots/list"),
    }
    confirm: dict[str, InputRequest] = {"confirm": form("Please confirm", "ok", "boolean")}
    steps: list[dict[str, InputRequest]] = [
        {"step1": form("Step 1: What is your name?", "name")},
        {"step2": form("Step 2: What is your favorite color?", "color")},
    ]
    for name, rounds in (
        ("test_input_required_result_multiple_inputs", [many]),
        ("test_input_required_result_request_state", [confirm]),
        ("test_input_required_result_tampered_state", [confirm]),
        ("test_input_required_result_multi_round", steps),
    ):
        call = _in_rounds(rounds, "round")
        server.add_tool(call, name=name, description="Needs input and keeps state.", structured_output=False)

    @server.tool(description="Asks only what the client can answer.", structured_output=False)
    def test_input_required_result_capabilities(context: Context) -> Answer:
        able = context.client_capabilities
        requests: dict[str, InputRequest] = {}
        if able and able.elicitation:
            requests["user_name"] = form("What is your name?", "name")
        if able and able.sampling:
            requests["greeting"] = sample("Generate a greeting", 50)
        if context.input_responses or not requests:
            return said("done")
        return InputRequiredResult(input_requests=requests)

    @server.tool(description="Needs a client that samples.", structured_output=False)
    def test_missing_capability(context: Context) -> CallToolResult:
        able = context.client_capabilities
        if able is None or able.sampling is None:
            data = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "the client did not declare sampling", data)
        return said("done")


def form(message: str, field: str, kind: str = "string") -> ElicitRequest:
    """Return a question to the user with one field."""
    schema: dict[str, Any] = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(text: str, max_tokens: int) -> CreateMessageRequest:
    """Return a question to the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def _in_rounds(rounds: list[dict[str, InputRequest]], state: str | None) -> Any:
    """Return a tool that asks one round after the other; with `state` it says which round it is in."""

    def call(context: Context) -> Answer:
        given = context.input_responses or {}
        at = int(context.request_state.removeprefix(state)) if state and context.request_state else 0
        if not 0 <= at < len(rounds):
            raise MCPError(INVALID_PARAMS, "the request state names no round")
        if set(rounds[at]) <= set(given) and all(_fits(rounds[at][key], given[key]) for key in rounds[at]):
            if at + 1 == len(rounds):
                texts = ", ".join(_text(given[key]) for key in rounds[at])
                return said(f"state-ok: Hello, {texts}!" if state else f"Hello, {texts}!")
            at += 1
        return InputRequiredResult(input_requests=rounds[at], request_state=f"{state}{at}" if state else None)

    return call


def _fits(request: InputRequest, response: object) -> bool:
    if isinstance(request, ElicitRequest):
        wanted = getattr(request.params, "requested_schema", {}).get("required", [])
        return isinstance(response, ElicitResult) and set(wanted) <= set(response.content or {})
    return isinstance(response, ListRootsResult if isinstance(request, ListRootsRequest) else CreateMessageResult)


def _text(response: object) -> str:
    if isinstance(response, ElicitResult):
        return ", ".join(map(str, (response.content or {}).values()))
    if isinstance(response, ListRootsResult):
        return ", ".join(str(root.uri) for root in response.roots)
    return str(getattr(getattr(response, "content", None), "text", ""))
