"""The frame that every command stands in: names, exits, one-line errors, JSON."""

import io
import json
import subprocess
import sys

import click
import pytest

from proxy.cli import COMMANDS, GROUPS, main, pgwarden
from proxy.cli.report import Format, Report, one_line
from proxy.errors import ConfigError, WardenError


def exit_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    code = end.value.code
    return code if isinstance(code, int) else -1


def test_help_names_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    before = {name for name in sys.modules if name.startswith("proxy.cli.")}
    assert exit_of("--help") == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if " " not in name and f"  {name} " not in shown] == []
    assert [name for name in GROUPS if f"  {name} " not in shown] == []
    assert {name for name in sys.modules if name.startswith("proxy.cli.")} == before


def test_a_group_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("audit", "--help") == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if name.startswith("audit ") and f"  {name[6:]} " not in shown] == []


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("no-such-command",), id="an unknown command"),
        pytest.param(("check", "--no-such-option"), id="an unknown option"),
        pytest.param(("audit", "no-such-command"), id="an unknown command of a group"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("--version") == 0
    assert capsys.readouterr().out.startswith("pgwarden")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "proxy", "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: pgwarden")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        pytest.param(WardenError("it broke"), "pgwarden: it broke", id="a message"),
        pytest.param(WardenError("it broke.", hint="mend it"), "pgwarden: it broke. mend it", id="and a way out"),
        pytest.param(
            ConfigError("no such level", place="rules.yaml:3:7", hint="levels are a, b"),
            "pgwarden: rules.yaml:3:7: no such level. levels are a, b",
            id="and a place",
        ),
        pytest.param(WardenError("two\nlines\x1b[31m"), "pgwarden: two lines?[31m", id="no control characters"),
    ],
)
def test_an_error_is_one_line(error: WardenError, line: str) -> None:
    assert one_line(error) == line


def test_a_failing_command_exits_with_1_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("check", "--config", "/nowhere/pgwarden.yaml") == 1
    said = capsys.readouterr()
    assert "/nowhere/pgwarden.yaml" in said.out + said.err
    assert "Traceback" not in said.err


def test_a_table_is_a_list_for_programs() -> None:
    out = io.StringIO()
    report = Report(to=Format.JSON, out=out)
    report.say("not for programs")
    report.table([{"user": "ada", "rows": 3}, {"user": "[bold]", "rows": None}], name="records")
    with pytest.raises(click.exceptions.Exit) as end:
        report.exit(failed=[])
    assert end.value.exit_code == 0
    assert json.loads(out.getvalue()) == {"records": [{"user": "ada", "rows": 3}, {"user": "[bold]", "rows": None}]}


def test_a_table_for_people_has_no_colour_in_a_pipe_and_no_markup() -> None:
    out = io.StringIO()
    Report(to=Format.TEXT, out=out).table([{"user": "[red]ada\x1b[0m", "ok": True}])
    assert "[red]ada" in out.getvalue()
    assert "yes" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_progress_is_silent_in_a_pipe() -> None:
    err = io.StringIO()
    with Report(to=Format.TEXT, err=err).progress("reading", total=2) as step:
        step(2)
    assert err.getvalue() == ""


def test_every_command_of_the_registry_is_reachable() -> None:
    context = click.Context(pgwarden)
    assert pgwarden.list_commands(context) == [*(name for name in COMMANDS if " " not in name), *GROUPS]
