"""Which files of a watched folder are to be published again."""

from pathlib import Path

from sources.folder import WatchedFolder


def names(watched: WatchedFolder) -> list[str]:
    """What has changed, which is then dealt with."""
    found = list(watched.changed(0))
    for path, content in found:
        watched.done(path, content)
    return [path.name for path, _ in found]


def test_a_file_is_named_once_for_each_content(tmp_path: Path) -> None:
    """New, changed and nested files should be named; touched, hidden and other files should not."""
    watched = WatchedFolder(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.yaml", "a.yml", "shop/c.json", "notes.txt", ".hidden.yaml", ".git/d.yaml"):
        (tmp_path / name).write_text("kind: A", "utf-8")
    (tmp_path / "folder.yaml").mkdir()
    assert ["a.yml", "b.yaml", "c.json"] == names(watched)
    (tmp_path / "b.yaml").touch()
    assert [] == names(watched)
    (tmp_path / "b.yaml").write_text("kind: B", "utf-8")
    assert ["b.yaml"] == names(watched)


def test_what_was_not_dealt_with_is_named_again(tmp_path: Path) -> None:
    """A gateway that does not answer should lose nothing."""
    (tmp_path / "a.yaml").touch()
    watched = WatchedFolder(tmp_path)
    assert 1 == len(list(watched.changed(0))) == len(list(watched.changed(0)))


def test_a_folder_that_is_gone_names_nothing(tmp_path: Path) -> None:
    """It may come back."""
    assert [] == names(WatchedFolder(tmp_path / "gone"))
