"""Owns what of the documentation is made from the code, and writes it anew.

    python -m docs.generate

May not: say anything that the code does not; the words come from the catalogue, the models, the commands and the
example. Goes to: `make docs`, and the tests that hold the committed pages against it.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs.commands_page import commands_page
from docs.dashboards import pipeline_dashboard, response_dashboard
from docs.metrics_page import metrics_page
from docs.readme_blocks import readme_page
from docs.settings_page import settings_page
from docs.tables_page import tables_page
from schemas.topics_page import topics_page

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"


def readme() -> str:
    """README.md as it is, with its made parts as the code makes them now."""
    return readme_page(README.read_text("utf-8"))


PAGES: Final[dict[Path, Callable[[], str]]] = {
    ROOT / "docs" / "topics.md": topics_page,
    ROOT / "docs" / "commands.md": commands_page,
    ROOT / "docs" / "settings.md": settings_page,
    ROOT / "docs" / "metrics.md": metrics_page,
    ROOT / "docs" / "tables.md": tables_page,
    ROOT / "deploy" / "grafana" / "dashboards" / "response.json": response_dashboard,
    ROOT / "deploy" / "grafana" / "dashboards" / "pipeline.json": pipeline_dashboard,
    README: readme,
}
"""Every page that is made, wholly or in part, and what makes it."""


def main() -> None:
    """Write the pages that have changed, and name them."""
    for path, make in PAGES.items():
        page = make()
        if not path.exists() or path.read_text("utf-8") != page:
            path.write_text(page, "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
