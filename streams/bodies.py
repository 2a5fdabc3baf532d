"""What a published record is made of, and which body of a signal its facts become."""

from schemas.answers import Answer, AnswerFacts
from schemas.events import Alert, AlertFacts, Change, ChangeFacts, Entity, EntityFacts
from schemas.feedback import Feedback
from schemas.signals import SignalKind

Facts = AlertFacts | ChangeFacts | EntityFacts | Feedback | AnswerFacts

KINDS: dict[type, SignalKind] = {
    AlertFacts: "alert",
    ChangeFacts: "change",
    EntityFacts: "entity",
    Feedback: "feedback",
    AnswerFacts: "answer",
}
BODIES: dict[type, type[Facts]] = {
    Alert: AlertFacts,
    Change: ChangeFacts,
    Entity: EntityFacts,
    Feedback: Feedback,
    Answer: AnswerFacts,
}
