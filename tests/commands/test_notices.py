"""Keys made by the command are keys the settings take."""

from click.testing import CliRunner

from servicedesk.commands.notices import group
from servicedesk.settings_notices import Push, Webhook


def test_the_keys_it_prints_can_be_used_and_are_new_each_time() -> None:
    run = CliRunner()
    keys = [run.invoke(group, ["vapid-key"]).output.strip() for _time in range(2)]
    secrets = [run.invoke(group, ["webhook-secret"]).output.strip() for _time in range(2)]
    assert len(set(keys)) == len(set(secrets)) == 2
    assert Push(key=keys[0]).key == keys[0]
    assert Webhook(url="https://app.example/news", secret=secrets[0]).secret == secrets[0]
