"""The signing key: made once and for its owner alone, never replaced, never taken where others may have it."""

import errno
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agents.signing import CannotSign, Signer
from schemas.identity import leaf_hash
from schemas.settings import AuditSettings
from streams.ledger import Ledger
from streams.notes import Checkpoint, open_note, read_keys


@pytest.fixture
def settings(tmp_path: Path) -> AuditSettings:
    """A key file in a folder that is not there yet."""
    return AuditSettings(key_file=str(tmp_path / "key" / "audit.key"))


def _ledger(partition: int = 0) -> Ledger:
    ledger = Ledger(partition, "1")
    ledger.tree.append(leaf_hash(b"one"))
    return ledger


def test_the_first_start_makes_a_key_for_its_owner_alone(settings: AuditSettings) -> None:
    """The key should have the mode 0600, its public half be readable, and nothing else lie beside them."""
    Signer(settings, 2)
    key, public = Path(settings.key_file), Path(settings.public_file)
    assert (0o600, 0o644) == (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(public.stat().st_mode))
    assert {key, public} == set(key.parent.iterdir())
    names = [line.partition("+")[0] for line in public.read_text("utf-8").splitlines()]
    assert ["incidents/audit/0", "incidents/audit/1"] == names


def test_later_starts_use_the_same_key(settings: AuditSettings) -> None:
    """A signature of the first start should be gone on from by the next; more partitions get their line."""
    last = Signer(settings, 1).sign(_ledger())
    before = Path(settings.public_file).read_text("utf-8")
    Signer(settings, 1).check(last)
    assert before == Path(settings.public_file).read_text("utf-8")
    Signer(settings, 3)
    assert 3 == len(Path(settings.public_file).read_text("utf-8").splitlines())


def test_two_that_start_at_once_have_one_key(settings: AuditSettings) -> None:
    """Whoever comes second should take the key of whoever came first."""
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda _: Signer(settings, 1), range(8)))
    assert 1 == len({signer.sign(_ledger()).note for signer in signers})


def test_a_signed_checkpoint_opens_with_the_published_key(settings: AuditSettings) -> None:
    """What is published should be enough to check what is signed."""
    ledger = _ledger(1)
    signed = Signer(settings, 2).sign(ledger)
    keys = read_keys(Path(settings.public_file).read_text("utf-8"))
    assert Checkpoint("incidents/audit/1", 1, ledger.tree.root()) == open_note(signed.note, keys)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(settings: AuditSettings, mode: int) -> None:
    """Whoever can read the key can rewrite the log."""
    Signer(settings, 1)
    Path(settings.key_file).chmod(mode)
    with pytest.raises(CannotSign, match="can be read by others: `chmod 600"):
        Signer(settings, 1)


def test_a_file_that_is_no_such_key_is_refused_and_stays(settings: AuditSettings) -> None:
    """Something else in the key's place should be told and left as it is."""
    path = Path(settings.key_file)
    path.parent.mkdir()
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"no key", other):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(CannotSign, match="put the audit log's key there"):
            Signer(settings, 1)
        assert content == path.read_bytes()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A path through a file should be told with the setting that names it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotSign, match=r"see audit\.key_file in the settings"):
        Signer(AuditSettings(key_file=str(tmp_path / "file" / "audit.key")), 1)


def test_a_full_disk_leaves_no_half_of_a_key_behind(
    settings: AuditSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written to the end should be told, and be gone: it may be most of a private key."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CannotSign, match="No space left"):
        Signer(settings, 1)
    assert [] == list(Path(settings.key_file).parent.iterdir())


def test_a_spoilt_public_file_is_one_line(settings: AuditSettings) -> None:
    """A line that is no key should not be passed over: it may have been the one that is needed."""
    Signer(settings, 1)
    Path(settings.public_file).write_text("spoilt\n", "utf-8")
    with pytest.raises(CannotSign, match=r"audit\.key\.pub: 'spoilt' is no Ed25519 key"):
        Signer(settings, 1)


def test_a_checkpoint_that_does_not_say_what_was_signed_is_refused(settings: AuditSettings) -> None:
    """Whoever changes the state beside the signature should not get it gone on from."""
    signer = Signer(settings, 1)
    last = signer.sign(_ledger())
    for change in ({"peaks": (leaf_hash(b"two"),)}, {"next_sequence": 2, "peaks": (leaf_hash(b"two"),)}):
        with pytest.raises(CannotSign, match="is signed for 1 lines of incidents/audit/0"):
            signer.check(last.model_copy(update=change))
    other = Signer(settings.model_copy(update={"log": "other"}), 1)
    with pytest.raises(CannotSign, match=r"set audit\.log back"):
        other.check(last)


def test_another_key_is_refused_until_the_old_ones_public_line_is_there(
    settings: AuditSettings, tmp_path: Path
) -> None:
    """A change of keys should be somebody's decision."""
    last = Signer(settings, 1).sign(_ledger())
    new = settings.model_copy(update={"key_file": str(tmp_path / "new.key")})
    with pytest.raises(CannotSign, match="no known key of incidents/audit/0 has signed it; put the key"):
        Signer(new, 1).check(last)
    old = Path(settings.public_file).read_text("utf-8")
    Path(new.public_file).write_text(old, "utf-8")
    Signer(new, 1).check(last)
