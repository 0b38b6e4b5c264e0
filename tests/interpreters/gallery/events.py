"""The events that came of a cell, in the form in which they are compared with those that must come."""

import base64


def together(events):
    """The events with neighbouring ones of the same output as one: where it is cut is a matter of time."""
    told = []
    for event in events:
        event = dict(event)
        if event["type"] in ("stdout", "stderr"):
            if not isinstance(event.pop("timestamp", None), int):
                raise RuntimeError(f"output without a time: {event}")
            if told and told[-1]["type"] == event["type"]:
                told[-1]["text"] += event["text"]
                continue
        told.append(event)
    return told


def pictures_of(events):
    """The PNG files among the results, in order."""
    return [base64.b64decode(event["png"], validate=True) for event in events if "png" in event]
