"""How every test runs: engines to run on, programs that may be missing, hypothesis settings, the shared servers."""

from typing import Any

import pytest
from hypothesis import settings

from tests import tools
from tests.databases import ENGINES, POSTGRESQL, RUN, SQLITE, Run, available_kinds, kinds_for

pytest_plugins = ["tests.fixtures"]
LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()
BROWSER_TESTS = "tests/e2e/"

settings.register_profile("desk", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    both = f"{SQLITE},{POSTGRESQL}"
    parser.addoption("--engines", default=both, help=f"database engines to test on (default: {both})")


def pytest_configure(config: pytest.Config) -> None:
    kinds = available_kinds(config.getoption("engines").split(","))
    config.stash[ENGINES] = kinds
    config.stash[LEFT_OUT] = {}
    if not hasattr(config, "workerinput"):
        run = Run(kinds)
        config.stash[RUN] = run
        config.add_cleanup(run.end)
        if _is_parallel(config):
            run.start_all()


def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    node.workerinput["databases"] = {"folder": str(run.folder), "servers": run.start_all()}


def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_kind" in metafunc.fixturenames:
        metafunc.parametrize("engine_kind", kinds_for(metafunc))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(BROWSER_TESTS):
            item.add_marker("needs_chromium")
            item.add_marker(pytest.mark.xdist_group("browser"))
    kept, left_out = tools.without_missing_tools(items)
    config.stash[LEFT_OUT].update(left_out)
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if line := _conformance([*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]):
        terminalreporter.section("AgID's checks: held / made")
        terminalreporter.line(line)
    for program, tests in config.stash[LEFT_OUT].items():
        terminalreporter.section(f"left out for want of {program}: {len(tests)} tests")
        for test in tests:
            terminalreporter.line(test)


def _conformance(reports: list[Any]) -> str:
    """Return `metadata a/b, requests a/b, responses a/b` over the tests of tests/conformance, "" when none ran."""
    sums: dict[str, list[int]] = {}
    for name, value in (each for report in reports for each in report.user_properties):
        if name.startswith("conformance "):
            held, made = map(int, value.split("/"))
            sums.setdefault(name.split()[1], []).append(held)
            sums.setdefault(f"{name.split()[1]} all", []).append(made)
    parts = [part for part in ("metadata", "requests", "responses") if part in sums]
    return ", ".join(f"{part} {sum(sums[part])}/{sum(sums[f'{part} all'])}" for part in parts)


def _is_parallel(config: pytest.Config) -> bool:
    return config.getoption("dist", "no") != "no" and not config.getoption("collectonly")
