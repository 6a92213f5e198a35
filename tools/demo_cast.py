"""Draws docs/demo.svg, the picture in README.md, from a real run of the demo: python -m tools.demo_cast"""

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from proxy.cli.demo import show_demo
from proxy.cli.report import Format, Report

PICTURE = Path(__file__).parents[1] / "docs" / "demo.svg"
WIDTH = 88
ENDS_BEFORE = "5  Nobody changes the past"
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def recorder() -> Console:
    """A terminal that remembers what was printed, and shows it nowhere."""
    return Console(
        record=True, file=StringIO(), width=WIDTH, force_terminal=True, color_system="standard", highlight=False
    )


def said() -> str:
    """What the demo prints on a terminal, with its colours. Raises SystemExit where it fails."""
    report = Report(to=Format.TEXT)
    report.console = recorder()
    if show_demo(report):
        raise SystemExit("the demo failed: the picture stays as it is")
    return report.console.export_text(styles=True)


def picture(text: str) -> str:
    """The SVG, with the reader's own monospaced font instead of one from elsewhere."""
    console = recorder()
    console.print(Text("$ pgwarden demo", style="dim"))
    for line in text.partition(ENDS_BEFORE)[0].rstrip().splitlines()[1:]:
        console.print(Text.from_ansi(line))
    return FONT_FACE.sub("", console.export_svg(title="pgwarden demo", unique_id="demo"))


if __name__ == "__main__":
    PICTURE.write_text(picture(said()))
