"""The settings of the query agent: whom it may ask for which tenant, what, and how much."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from schemas.answers import Aspect, Unit
from schemas.model import Message

SERVICE: Final = "$service"
"""Stands in a template for the service's name, quoted as a label's value."""


class Template(Message):
    """One query that may be asked: an expression over one service, and what its number means."""

    title: str = Field(description="What is measured, in words.")
    unit: Unit = Field(description="share, seconds, per_second or count.")
    query: str = Field(
        description="PromQL that gives one number; $service becomes the quoted name of the service."
    )


def _plain(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest or set(" ?#@") & set(url):
        raise ValueError(f"{url!r} is no address such as http://prometheus:9090; put a token into token_file")
    return url.rstrip("/")


class PrometheusSource(Message):
    """One Prometheus that may be asked about the incidents of one tenant."""

    tenant: str = Field("default", description="Tenant.")
    url: Annotated[str, AfterValidator(_plain)] = Field(
        description="Its address, such as http://prometheus:9090."
    )
    token_file: str | None = Field(None, description="File with the bearer token that it wants.")


class QuerierSettings(Message):
    """What the query agent may ask. Without a source nothing is asked, and packets say so."""

    prometheus: tuple[PrometheusSource, ...] = Field((), description="Whom to ask, one for each tenant.")
    templates: dict[Aspect, Template] = Field(
        {},
        description="Queries of yours by golden signal (errors, latency, traffic, saturation), for the built-in.",
    )
    timeout_s: float = Field(5.0, gt=0, le=60, description="Longest that one query may take.")
    per_minute: int = Field(60, ge=1, description="Queries a minute at most; others wait.")
    most_queries: int = Field(12, ge=1, le=40, description="Queries for one candidate at most.")
    most_bytes: int = Field(100_000, ge=1_000, le=100_000, description="Longest answer that is read.")
    before_s: float = Field(3600.0, description="How long before the onset the comparison is taken.")
    again_s: float = Field(
        300.0, description="Length of the steps after the onset; asked at it and one step later."
    )
    fresh_s: float = Field(3600.0, description="Candidates that began longer ago are not asked about.")

    def source_of(self, tenant: str) -> PrometheusSource | None:
        """Whom to ask about a tenant's incidents; none where nobody is configured."""
        return next((source for source in self.prometheus if source.tenant == tenant), None)
