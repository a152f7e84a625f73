"""What the site needs beyond MkDocs, so that the pages of `docs/` read the same on a code host.

- Files outside `docs/` that a page links to are part of the site: Markdown as a page, anything else
  as a file. No address of the repository is needed.
- A folder that a page links to has a page that lists its files.
- Lists, tables and the anchors of headings are those of a code host.
- A link that is called by its file (`[store.md](store.md)`) loses the `.md`.
- A notebook is a page with its committed outputs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

from website.markdown import for_python_markdown, outside_fences
from website.notebooks import page_of

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(?<=\]\()[^)#\s:]+(?=[)#])")
CALLED_BY_FILE = re.compile(r"(?<=\[)(?:\w+/)*(\w+)\.md(?=\]\()")
CONSOLE = re.compile(r"^( *)```console$", re.MULTILINE)  # to colour it as a shell does
ADOPTED = {  # path in the repository -> page
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
    "docs/notebook.ipynb": "notebook.md",
}
ORIGIN = {page: path for path, page in ADOPTED.items()}


def on_config(config: Any) -> Any:
    """Name the anchors of headings as code hosts do."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slug
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and files that lie outside `docs/`, and lists of linked folders."""
    for path, page in ADOPTED.items():
        files.append(File.generated(config, page, content=_text(ROOT / path)))
    origins = [path for path in ADOPTED if path.endswith(".md")]
    for origin in [*origins, *(_origin(file.src_uri) for file in files.documentation_pages())]:
        for path in _linked(origin):
            uri = site_path(path)
            if files.get_file_from_path(uri) is None:
                files.append(_added(config, uri, ROOT / path))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page's text for Python-Markdown, with links to where files are in the site."""
    origin, uri = _origin(page.file.src_uri), page.file.src_uri
    if uri == "index.md":
        page.meta["hide"] = ["navigation"]

    def placed(line: str) -> str:
        named = CALLED_BY_FILE.sub(r"\1", line)
        return LINK.sub(lambda found: _relative(origin, found[0], uri), named)

    return CONSOLE.sub(r"\1```bash", for_python_markdown(outside_fences(markdown, placed)))


def slug(title: str, separator: str = "-") -> str:
    """Return the anchor that a code host gives a heading."""
    return re.sub(r"[^\w-]", "", title.strip().lower().replace(" ", separator))


def site_path(path: str) -> str:
    """Return where a file or folder of the repository is in the site."""
    if path in ADOPTED:
        return ADOPTED[path]
    inside = path.removeprefix("docs/") if path.startswith("docs/") else f"repository/{path}"
    return f"{inside}/index.md" if (ROOT / path).is_dir() else inside


def _origin(uri: str) -> str:
    return ORIGIN.get(uri, f"docs/{uri}")


def _text(file: Path) -> str:
    return page_of(file) if file.suffix == ".ipynb" else file.read_text(encoding="utf-8")


def _linked(origin: str) -> Iterator[str]:
    """Yield what a page links to and is there, by its path in the repository."""
    file = ROOT / origin
    if file.suffix != ".md" or not file.exists():  # a notebook, or a list of files
        return
    for target in LINK.findall(file.read_text(encoding="utf-8")):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        if not path.startswith("..") and (ROOT / path).exists():
            yield path


def _relative(origin: str, target: str, uri: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    return posixpath.relpath(site_path(path), posixpath.dirname(uri) or ".")


def _added(config: Any, uri: str, source: Path) -> File:
    if not source.is_dir():
        return File.generated(config, uri, abs_src_path=str(source))
    names = sorted(each.name for each in source.iterdir() if each.is_file())
    listed = "".join(f"- [{name}]({name})\n" for name in names)
    content = f"# Files in `{source.name}`\n\n{listed}"
    return File.generated(config, uri, content=content, inclusion=InclusionLevel.NOT_IN_NAV)
