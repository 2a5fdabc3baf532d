"""The settings of traces: where spans go, and of which deliveries.

Pure values. Goes to: `schemas.settings`, which is the whole file.
"""

from pydantic import Field

from schemas.model import Message


class TracingSettings(Message):
    """OpenTelemetry traces of deliveries, from webhook to packet. Without a receiver nothing is traced, at no cost."""

    endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Address of an OTLP/HTTP receiver, such as http://otel-collector:4318; none: no traces.",
    )
    share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the deliveries without a `traceparent` that are traced; with one, its sender decides.",
    )
    timeout_s: float = Field(
        5.0, gt=0, description="How long sending spans may take, tries included; then they are dropped."
    )

    @property
    def address(self) -> str:
        """Where spans are posted to."""
        base = (self.endpoint or "").rstrip("/")
        return base if base.endswith("/v1/traces") else f"{base}/v1/traces"
