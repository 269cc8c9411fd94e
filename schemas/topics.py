"""Which record stands in which topic."""

from types import MappingProxyType
from typing import Final

from schemas.inputs import Feedback, JourneyEvent, Message, Profile, TranscriptSegment
from schemas.outputs import Conversation, Escalation, Moment, Routing, Suppressed
from schemas.record import Record
from schemas.scored import Scored

MESSAGES: Final = "cx.messages"
TRANSCRIPTS: Final = "cx.transcripts"
JOURNEY: Final = "cx.journey"
PROFILES: Final = "cx.profiles"
FEEDBACK: Final = "cx.feedback"
SCORED: Final = "cx.scored"
MOMENTS: Final = "cx.moments"
ROUTING: Final = "cx.routing"
ESCALATIONS: Final = "cx.escalations"
SUPPRESSED: Final = "cx.suppressed"
CONVERSATIONS: Final = "cx.conversations"

DECIDED: Final = (MOMENTS, ROUTING, ESCALATIONS, SUPPRESSED, CONVERSATIONS)
"""What the conversation agent decides and writes."""

RECORD_TYPES: Final[MappingProxyType[str, type[Record]]] = MappingProxyType(
    {
        MESSAGES: Message,
        TRANSCRIPTS: TranscriptSegment,
        JOURNEY: JourneyEvent,
        PROFILES: Profile,
        FEEDBACK: Feedback,
        SCORED: Scored,
        MOMENTS: Moment,
        ROUTING: Routing,
        ESCALATIONS: Escalation,
        SUPPRESSED: Suppressed,
        CONVERSATIONS: Conversation,
    }
)
