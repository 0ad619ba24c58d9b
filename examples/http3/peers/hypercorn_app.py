"""An application for `hypercorn` that sends back every message."""


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (came := await receive())["type"] == "websocket.receive":
        text = came.get("text")
        await send({"type": "websocket.send", **({"bytes": came["bytes"]} if text is None else {"text": text})})
