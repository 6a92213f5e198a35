"""A whole configuration: what it reads, what it leaves at its default, and that it never shows a secret."""

import base64
import pickle
from pathlib import Path

import pytest

from proxy.audit.settings import Mode
from proxy.config.keys import key_of
from proxy.config.load import load_config, read_config
from proxy.config.secret import Secret

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))
LEAST = "rules: [r.yaml]\nkeys: {current: 1, 1: {file: mask.key}}\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mask.key").write_bytes(KEY)
    (tmp_path / "mask.key").chmod(0o600)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    path = Path("pgwarden.yaml")
    path.write_text(text)
    return path


def test_the_least_configuration_has_a_default_for_everything_else(tmp_path: Path) -> None:
    config = load_config(write(LEAST))
    assert config.rules == (tmp_path / "r.yaml",)
    assert (config.keys.current, config.keys.versions) == (1, {1: KEY})
    assert (config.listen.host, config.listen.port) == ("127.0.0.1", 6432)
    assert config.limits.session_buffer == 262_144
    assert (config.catalog.user, config.catalog.poll_seconds) == ("pgwarden", 5.0)
    assert (config.audit.mode, config.audit.directory) == (Mode.DURABLE, tmp_path / "audit")
    assert config.admin is None
    assert config.workers == 1


def test_paths_are_relative_to_the_file_wherever_pgwarden_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(LEAST + "audit: {directory: journal}\n").absolute()
    monkeypatch.chdir("/")
    config = load_config(path)
    assert config.rules == (tmp_path / "r.yaml",)
    assert config.audit.directory == tmp_path / "journal"


def test_a_section_without_content_is_its_default() -> None:
    assert load_config(write(LEAST + "limits:\n")).limits.max_connections == 1_000


def test_secrets_come_from_environment_and_files_and_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGWARDEN_TEST", "hunter2")
    Path("token.txt").write_text("a-long-enough-token\n")
    text = 'catalog: {password: "${env:PGWARDEN_TEST}"}\nadmin: {token: "${file:token.txt}"}\n'
    config = load_config(write(LEAST + text))
    assert config.catalog.password == Secret("hunter2")
    assert config.admin is not None
    assert config.admin.token == "a-long-enough-token"
    shown = repr(config)
    assert [word for word in ("hunter2", "a-long-enough", str(KEY), KEY.hex()) if word in shown] == []


def test_numbers_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGWARDEN_TEST_PORT", "7777")
    assert load_config(write(LEAST + 'listen: {port: "${env:PGWARDEN_TEST_PORT}"}\n')).listen.port == 7777


def test_a_password_that_looks_like_a_number_stays_a_text() -> None:
    password = load_config(write(LEAST + "catalog: {password: 0123}\n")).catalog.password
    assert password is not None
    assert password.reveal() == "0123"


def test_a_secret_shows_nothing_and_is_not_pickled() -> None:
    assert repr(Secret("hunter2")) == "Secret()"
    assert f"{Secret('hunter2')}" == "Secret()"
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(KEY, id="raw"),
        pytest.param(KEY.hex().encode() + b"\n", id="hex"),
        pytest.param(KEY.hex().upper().encode(), id="hex in capitals"),
        pytest.param(base64.b64encode(KEY) + b"\r\n", id="base64"),
        pytest.param(base64.urlsafe_b64encode(KEY).rstrip(b"="), id="base64 of URLs, unpadded"),
    ],
)
def test_a_key_may_be_raw_or_written(content: bytes) -> None:
    assert key_of(content) == KEY


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(KEY[:31], id="short"),
        pytest.param(KEY + b"\n", id="raw and a line end"),
        pytest.param(KEY.hex().encode()[:-1], id="hex that lost a digit"),
        pytest.param(base64.b64encode(KEY[:31]), id="base64 of too little"),
        pytest.param(bytes(32), id="zeros"),
        pytest.param(b"x" * 32, id="one byte repeated"),
    ],
)
def test_what_is_no_key_is_none(content: bytes) -> None:
    assert key_of(content) is None


def test_several_versions_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGWARDEN_TEST_KEY", bytes(reversed(KEY)).hex())
    versions = '1: {file: mask.key}, 2: {env: PGWARDEN_TEST_KEY}, 3: "${env:PGWARDEN_TEST_KEY}"'
    keys = load_config(write(f"rules: [r.yaml]\nkeys: {{current: 2, {versions}}}\n")).keys
    assert keys.current == 2
    assert keys.versions == {1: KEY, 2: bytes(reversed(KEY)), 3: bytes(reversed(KEY))}


def test_a_key_that_others_may_read_is_a_warning() -> None:
    Path("mask.key").chmod(0o644)
    config, problems = read_config(write(LEAST))
    assert config is not None
    assert [problem.what for problem in problems] == ["other accounts may read the key file mask.key"]


def test_the_example_at_the_root_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "pgwarden.yaml").read_text().replace("masking_rules/", f"{ROOT}/masking_rules/")
    config, problems = read_config(write(text))
    assert [problem.what for problem in problems] == []
    assert config is not None
    assert [path.is_file() for path in config.rules] == [True, True]
