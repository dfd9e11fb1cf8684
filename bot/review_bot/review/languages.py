"""Everyday words by which a language shows."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    "the a an is are was were be been being to of in on for and or not it its this that these those with "
    "without if when then as at by from but can could may might will would should does do did has have had no "
    "never only than which there here so because instead before after into out over all any each one two "
    "first last new old same other must where who whose while both most more less many much such some every "
    "until since between under again very just about what how they them their you your we our he she also "
    "like own too up down off once nothing nobody still always whole part kept set get left meant"
)
OTHERS = {
    "de": _words(
        "der die das ist nicht und wird werden ein eine einen mit für auf dem den des sich kein keine wenn aber auch "
        "sollte hier"
    ),
    "fr": _words("le la les est une des du dans pour pas que qui sur avec être cette il elle ne sont doit"),
    "es": _words("el los las es una del para que no en con por se está este esta pero debe cuando como"),
    "it": _words("lo gli è una del della per che non con si sono questo questa deve quando viene"),
    "pt": _words("os as é uma do da para que não em com por se está este esta mas deve quando ser"),
    "nl": _words("de het een is niet en van voor met wordt deze dit maar ook moet als naar zijn"),
    "pl": _words("nie jest to się na do w z dla przez który ten ta jak ale"),
}
"""Some are words of English as well: a text is foreign only where they outnumber the English ones."""
