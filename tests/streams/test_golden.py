"""What kind of trouble an alert's name tells of."""

import pytest

from streams.golden import Golden, golden_of


@pytest.mark.parametrize(
    ("name", "golden"),
    [
        ("HighErrorRate", "errors"),
        ("LatencyP99High", "latency"),
        ("NoRequests", "traffic"),
        ("KubePodCrashLooping", "workload"),
        ("SomethingElse", "other"),
        ("Error latency", "errors"),
    ],
)
def test_the_first_kind_with_a_word_in_the_name_counts(name: str, golden: Golden) -> None:
    """However the name is written."""
    assert golden == golden_of(name) == golden_of(name.upper())
