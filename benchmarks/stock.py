"""What the service is compared with: a FastAPI endpoint that does nothing, and an ASGI app that does even less.

The endpoint takes the model of `POST /offers/preview` and answers with its response model, as FastAPI's tutorial has
it; the answer is one that the service gave, and FastAPI makes the response model of it, as it does for every endpoint
whose answers differ. There is no key, no gate, no metric in front of it.
"""

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from compensation_service.api.answers import PreviewOut
from compensation_service.api.offer_request import PreviewBody

ANSWER = Path(os.environ["BENCHMARK_ANSWER"]).read_bytes()


def no_op() -> FastAPI:
    """FastAPI: model in, response model out, constant answer, of which FastAPI makes the model for every request."""
    app = FastAPI()
    constant = json.loads(ANSWER)

    @app.post("/offers/preview")
    async def preview(body: PreviewBody) -> PreviewOut:  # noqa: ARG001 - read and validated, and that is the point
        return constant  # type: ignore[no-any-return]  # made the model by FastAPI

    return app


def no_op_made_once() -> FastAPI:
    """The same with an answer that was made a model once and for all: what only a constant can be spared."""
    app = FastAPI()
    constant = PreviewOut.model_validate_json(ANSWER)

    @app.post("/offers/preview")
    async def preview(body: PreviewBody) -> PreviewOut:  # noqa: ARG001 - read and validated, and that is the point
        return constant

    return app


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Plain ASGI: the body is read and the same bytes are sent. It shows how much the load client can do."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})
