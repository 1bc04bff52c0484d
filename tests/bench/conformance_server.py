"""What the conformance suite asks a server to have, on our own HTTP front.

The suite calls tools, resources and prompts of given names, which a server of ours has no use for. It sends no token,
so one is added to each request before the guard sees it; all else is as `cistron serve --http` serves it.
"""

import base64
import json
import sys
from pathlib import Path

import anyio
from conformance_tools import (
    SCHEMA_2020_12,
    add_asking_tools,
    add_input_tools,
    add_notifying_tools,
    add_plain_tools,
    embedded,
    form,
    image,
)
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp_types import (
    Completion,
    EmptyResult,
    InputRequiredResult,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)
from mcp_types import Tool as ListedTool
from starlette.types import ASGIApp, Receive, Scope, Send

from cistron.server.http import Front
from cistron.server.http_hosts import AllowedHosts
from cistron.server.http_serve import Listener, serve
from cistron.server.http_sockets import listen_tcp
from cistron.server.tokens import Tokens, ensure_token, read_tokens


class Fixture(MCPServer[None]):
    """A server whose tool for JSON Schema 2020-12 is listed with that schema."""

    async def list_tools(self) -> list[ListedTool]:
        """List the tools."""
        listed = await super().list_tools()
        for tool in listed:
            if tool.name == "json_schema_2020_12_tool":
                tool.input_schema = SCHEMA_2020_12
        return listed


def main() -> None:
    """Serve until a signal comes; the first line on stdout is the port. Takes the path of a token file to make."""
    file = Path(sys.argv[1])
    ensure_token(file)
    front = Front(fixture(), Tokens(file), sse=True)
    tcp = listen_tcp("127.0.0.1", 0)
    port = tcp.getsockname()[1]
    app = with_token(front.tcp(AllowedHosts(port, "http")), read_tokens(file)[0].token)
    print(port, flush=True)
    anyio.run(serve, front, [Listener(tcp, app)], tcp.close)


def with_token(app: ASGIApp, token: str) -> ASGIApp:
    """Return an application that adds a token to each request."""

    async def added(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*scope["headers"], (b"authorization", f"Bearer {token}".encode())]
        await app({**scope, "headers": headers}, receive, send)

    return added


def fixture() -> MCPServer[None]:
    """Return the server that the suite wants."""
    server = Fixture("conformance", log_level="ERROR", version="1.0.0", instructions="For the conformance suite.")
    add_plain_tools(server)
    add_notifying_tools(server)
    add_asking_tools(server)
    add_input_tools(server)
    _add_resources(server)
    _add_prompts(server)

    @server.completion()
    async def complete(reference: object, argument: object, context: object) -> Completion:
        return Completion(values=["paris", "park", "party"], total=3, has_more=False)

    async def accept(ctx: object, params: object) -> EmptyResult:
        return EmptyResult()

    # The handshake era's methods that a server on MCPServer has no other way to offer.
    low = server._lowlevel_server
    low.add_request_handler("logging/setLevel", SetLevelRequestParams, accept)
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, accept)
    low.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, accept)
    return server


def _add_resources(server: MCPServer[None]) -> None:
    @server.resource("test://static-text", description="A text.", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", description="A picture.", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(image().data)

    @server.resource("test://watched-resource", description="A text that could change.", mime_type="text/plain")
    def watched() -> str:
        return "Watched."

    @server.resource("test://template/{id}/data", description="Data of an id.", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002 (the suite's name)
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(server: MCPServer[None]) -> None:
    @server.prompt(description="A simple prompt.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A prompt with arguments.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="A prompt with a resource.")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
        resource = embedded(resourceUri, "Embedded resource content for testing.")
        return [UserMessage(resource), UserMessage("Please process the embedded resource above.")]

    @server.prompt(description="A prompt with a picture.")
    def test_prompt_with_image() -> list[UserMessage]:
        return [UserMessage(image()), UserMessage("Please analyze the image above.")]

    @server.prompt(description="A prompt that needs input.")
    def test_input_required_result_prompt(context: Context) -> str | InputRequiredResult:
        if not context.input_responses:
            return InputRequiredResult(
                input_requests={"user_context": form("What context should the prompt use?", "context")}
            )
        return "The context is known."
