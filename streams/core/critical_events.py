"""Critical events by industry, with inheritance industry -> segment -> tenant (product.md M2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from schemas.labels import INTENTS
from streams.core.phrases import LANGUAGES, Phrases, read_phrases
from streams.core.yaml_nodes import CatalogueError, YamlNode

Told = Literal["plainly", "as_event", "with_stake"]
GENERAL: Final = "general"
OTHER: Final = "other"
"""Name of a critical event that the scorer hears and no entry describes."""


@dataclass(frozen=True, slots=True)
class CriticalEvent:
    """One entry: it is told when intents and phrases fit, and critical then by `told`.

    What is `private` (health) is named in the moment only: routing and escalation contexts ask for care.
    """

    name: str
    intents: frozenset[str]
    phrases: Phrases | None
    told: Told
    target_area: str | None
    never_held: bool
    private: bool
    names: Mapping[str, str]


Events = Mapping[str, CriticalEvent]


@dataclass(frozen=True, slots=True)
class CriticalEvents:
    """The entries in force for every known industry, segment and tenant, inheritance already resolved."""

    industries: Mapping[str, Events]
    tenants: Mapping[str, Events]

    def of(self, tenant: str | None, industry: str | None) -> Events:
        """A tenant's entries; without a tenant that has a file the industry's; without both the general ones."""
        if tenant is not None and tenant in self.tenants:
            return self.tenants[tenant]
        if industry is not None and industry in self.industries:
            return self.industries[industry]
        return self.industries[GENERAL]


def _event(name: str, node: YamlNode) -> CriticalEvent:
    fields = node.fields(
        required=("told", "names"), optional=("intents", "phrases", "target_area", "never_held", "private")
    )
    if name == OTHER:
        raise node.error(f"{OTHER} stands for events without an entry; choose another name")
    if fields.keys().isdisjoint({"intents", "phrases"}):
        raise node.error(f"{name} needs intents, phrases or both")
    names = fields["names"].fields(required=LANGUAGES)
    return CriticalEvent(
        name=name,
        intents=frozenset(fields["intents"].choices(INTENTS)) if "intents" in fields else frozenset(),
        phrases=read_phrases(fields["phrases"]) if "phrases" in fields else None,
        told=cast("Told", fields["told"].choice(("plainly", "as_event", "with_stake"))),
        target_area=fields["target_area"].text() if "target_area" in fields else None,
        never_held="never_held" in fields and fields["never_held"].flag(),
        private="private" in fields and fields["private"].flag(),
        names={language: names[language].text() for language in LANGUAGES},
    )


def _inherit(parent: Events, fields: Mapping[str, YamlNode]) -> Events:
    own = {}
    if "events" in fields:
        own = {name: _event(name, node) for name, node in fields["events"].items()}
    removed = set()
    if "remove" in fields:
        removed = set(fields["remove"].texts())
        unknown = sorted(removed - parent.keys())
        if unknown:
            raise fields["remove"].error(f"nothing to remove: {', '.join(unknown)} is not inherited")
    # The most specific entry is looked at first.
    return own | {name: event for name, event in parent.items() if name not in own and name not in removed}


def read_critical_events(industries: Mapping[str, YamlNode], tenants: Mapping[str, YamlNode]) -> CriticalEvents:
    """The files under `critical/` and `tenants/`, by file name.

    Raises:
        CatalogueError: an entry is wrong, a name stands twice, or a tenant names an unknown industry_segment.
    """
    roots: dict[str, dict[str, YamlNode]] = {}
    for root in industries.values():
        fields = root.fields(required=("industry", "events"), optional=("segments",))
        name = fields["industry"].text()
        if name in roots:
            raise fields["industry"].error(f"the industry {name} has another file already; join them")
        roots[name] = fields
    if GENERAL not in roots:
        raise CatalogueError("critical/general.yaml", 1, "the file is missing; restore it")
    general = _inherit({}, roots[GENERAL])
    resolved: dict[str, Events] = {GENERAL: general}
    for name, fields in roots.items():
        if name != GENERAL:
            resolved[name] = _inherit(general, fields)
        if "segments" in fields:
            for segment, node in fields["segments"].items():
                resolved[f"{name}/{segment}"] = _inherit(resolved[name], node.fields(optional=("events", "remove")))
    of_tenants: dict[str, Events] = {}
    for root in tenants.values():
        fields = root.fields(required=("tenant", "industry_segment"), optional=("events", "remove"))
        tenant = fields["tenant"].text()
        if tenant in of_tenants:
            raise fields["tenant"].error(f"the tenant {tenant} has another file already; join them")
        parent = fields["industry_segment"].choice(sorted(resolved))
        of_tenants[tenant] = _inherit(resolved[parent], fields)
    return CriticalEvents(resolved, of_tenants)
