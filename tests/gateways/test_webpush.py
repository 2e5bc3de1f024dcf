"""Web Push: to known services only, encrypted for the device, signed by us; posts that follow no redirect."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from py_vapid import Vapid02

from servicedesk.gateways.posting import NotReached, post
from servicedesk.gateways.webpush import Pusher, Target, is_service, new_key
from servicedesk.settings import ROOT, Settings, SettingsError, load
from tests.push_service import Device, Service, running

NOW = datetime.now(UTC)
HOSTS = ("fcm.googleapis.com", "*.push.services.mozilla.com")


@pytest.fixture
def service() -> Iterator[Service]:
    with running() as made:
        yield made


@pytest.fixture
def settings() -> Settings:
    environ = {"SERVICEDESK_PUSH__KEY": new_key()}
    loaded = load(ROOT / "config" / "test.toml", environ)
    return loaded.model_copy(update={"push": loaded.push.model_copy(update={"hosts": ("127.0.0.1",)})})


@pytest.mark.parametrize(
    ("endpoint", "is_known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://fcm.googleapis.com:443/fcm/send/abc", True),
        ("https://fcm.googleapis.com:8443/fcm/send/abc", False),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://evil.example/fcm.googleapis.com", False),
        ("https://fcm.googleapis.com.evil.example/", False),
        ("https://push.services.mozilla.com.evil.example/", False),
        ("https://evilpush.services.mozilla.com/", False),
        ("https://user@fcm.googleapis.com/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1/", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_written_to(endpoint: str, is_known: bool) -> None:
    assert is_service(endpoint, HOSTS) is is_known


def test_a_message_is_encrypted_for_the_device_and_signed_by_us(service: Service, settings: Settings) -> None:
    pusher, device = Pusher(settings), Device(f"{service.url}/device/1")
    target = Target(**device.described)
    assert pusher.accepts(target)
    status, _reason = pusher.send(target, json.dumps({"body": "New"}).encode(), "2026004547", NOW)
    assert status == 201
    [sent] = service.posts
    assert device.read(sent) == {"body": "New"}
    assert b"New" not in sent.body
    assert (sent.path, sent.headers["Topic"]) == ("/device/1", "2026004547")
    assert Vapid02.verify(sent.headers["Authorization"])
    assert sent.headers["Authorization"].endswith(f"k={pusher.public_key}")
    claims = sent.headers["Authorization"].split("t=")[1].split(",")[0].split(".")[1]
    said = json.loads(urlsafe_b64decode(claims + "=="))
    assert (said["aud"], said["sub"]) == (service.url, "mailto:servicedesk@unidemo.example")


@pytest.mark.parametrize("spoilt", [{"p256dh": "short"}, {"auth": "short"}, {"p256dh": "BA" + "A" * 85}, {"auth": "è"}])
def test_keys_that_are_none_are_not_accepted(service: Service, settings: Settings, spoilt: dict[str, str]) -> None:
    described = {**Device(f"{service.url}/device/1").described, **spoilt}
    assert not Pusher(settings).accepts(Target(**described))


def test_a_redirect_is_an_answer_and_is_not_followed(service: Service) -> None:
    service.status = 307
    assert post(service.url, b"{}", {}, 5)[0] == 307
    assert len(service.posts) == 1


def test_a_port_where_nobody_listens_is_not_reached() -> None:
    with pytest.raises(NotReached):
        post("http://127.0.0.1:9/", b"{}", {}, 5)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PUSH__KEY", "abc", "push"),
        ("WEBHOOK__URL", "ftp://app.example", "webhook"),
        ("WEBHOOK__URL", "https://app.example/news", "webhook: secret must be"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(name: str, value: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        load(ROOT / "config" / "test.toml", {f"SERVICEDESK_{name}": value})
