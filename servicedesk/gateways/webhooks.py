"""Tells the university's own app of news: one signed post per notice (Standard Webhooks)."""

import json
from collections.abc import Mapping
from datetime import datetime

from standardwebhooks import Webhook as Signer

from servicedesk.gateways.posting import post
from servicedesk.settings_notices import Webhook


def tell(webhook: Webhook, message_id: str, data: Mapping[str, str], now: datetime) -> tuple[int, str]:
    """Return status and reason of the app's answer. Raises NotReached.

    `message_id` is the same at every try, so that the app can leave out what it has.
    """
    body = json.dumps({"type": "ticket.news", "timestamp": now.isoformat(), "data": dict(data)}, ensure_ascii=False)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(webhook.secret).sign(message_id, now, body),
    }
    return post(webhook.url, body.encode(), headers, webhook.timeout)
