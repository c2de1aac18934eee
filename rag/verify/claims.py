"""Is a sentence a claim? Greetings, headings, questions and remarks about the answer itself state nothing to check.

In doubt a sentence is a claim: what is taken for none escapes every check. So whatever holds a number or a quotation is
one, and only forms that are known to state nothing are let off.
"""

from __future__ import annotations

import re

from rag.words import WORD

_MARKED_HEADING = re.compile(r"^\s*(?:#{1,6}\s+[^\sa-z]|(\*\*|__)[^*_]+\1:?\s*$)")
_HEADINGS = frozenset(
    """
    answer answers background conclusion conclusions context details example examples explanation facts findings
    introduction limitations note notes overview recommendations references result results source sources steps summary
    """.split()  # noqa: SIM905  # a block of words reads better than a list of strings
)
_BEFORE_A_HEADING = frozenset(
    ["the", "a", "in", "key", "main", "short", "brief", "final", "additional", "further", "important", "quick"]
)
_MOST_HEADING_WORDS = 3

_IN_SHORT = re.compile(r"(?:in|to) (?:summary|short|brief|sum(?: up)?|conclusion)", re.IGNORECASE)
_OPENS_A_LIST = re.compile(
    r"^(?:(?:so|well|sure|certainly|of course|yes|okay|ok)[,!.]?\s+)?"
    r"(?:(?:here|below|these|this|the following|following)\b[^:]*"
    rf"|{_IN_SHORT.pattern}"
    r"|[^:]*\b(?:as follows|the following(?: \w+){0,4}|listed below"
    r"|(?:key|main) (?:points|facts|findings|takeaways)))\s*:$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|dear|greetings|good (?:morning|afternoon|evening|day)|welcome|thanks|thank you|many thanks"
    r"|you(?:'re| are) welcome|no problem|my pleasure|sure(?: thing)?|certainly|of course|absolutely|definitely|got it"
    r"|understood|okay|ok|alright|great|good|excellent|interesting|sorry|apologies|cheers|goodbye|bye|all the best"
    r"|(?:best|kind|warm) regards|have a (?:nice|great|good) (?:day|one|evening|weekend))"
    r"(?:,? (?:there|all|everyone|everybody|team|again|so much|very much|a lot|in advance|you|sir|madam))*"
    r"(?: (?:for|to) (?:your|the|this|that|asking|reaching|contacting|getting|waiting)\b[^.,;]*)?"
    r"(?: (?:question|point|one|idea|thing))?",
    re.IGNORECASE,
)
_TEXTS = r"(?:documents?|sources?|passages?|context|texts?|files?|excerpts?)"
_TOLD = (
    r"(?:answer|summary|overview|list|breakdown|explanation|response|points|facts|findings|details|information|steps)"
)
_REMARK = re.compile(
    r"(?:please )?(?:let me know|feel free|do(?:n't| not) hesitate)\b[^:;]*"
    r"|(?:i|we) (?:really |sincerely )?(?:hope|trust) (?:that )?(?:this|that|it|these)\b[^:;]*"
    r"|(?:(?:i am|i'm|we are|we're|i'd be|i would be) )?(?:happy|glad|here) to (?:help|assist|answer|clarify)\b[^:;]*"
    r"|(?:i am|i'm) (?:so |very |really )?sorry"
    r"|(?:here(?: is| are|'s)|below (?:is|are)) (?:(?:what|all|everything) (?:i|we) (?:found|could find|know|have)"
    rf"|(?:an?|the|my|your|some) (?:\S+ ){{0,3}}?{_TOLD})\b[^,;:]*"
    r"|i (?:have )?(?:found|looked|searched|checked|read|reviewed|consulted|went)(?: \S+){0,6}"
    rf" (?:{_TEXTS}|following)"
    r"|(?:i will|i'll|i am going to|let me|let us|let's) (?:now )?"
    r"(?:answer|explain|summari[sz]e|list|go through|look|help|try|see|walk)\b[^:;]*"
    r"|(?:this is|that is|it is|that's|it's) an? (?:really |very )?"
    r"(?:good|great|interesting|excellent|important|tricky) (?:question|point)"
    r"|(?:i am afraid |i'm afraid |sorry,? (?:but )?)?(?:that )?"
    r"i (?:do not|don't|can not|cannot|can't|could not|couldn't) (?:know|say|tell|answer|find|help)\b"
    r"(?:(?! but )[^:;])*"
    r"|(?:hope|glad) (?:this|that|it|i could) (?:helps?|helped)\b[^:;]*"
    rf"|(?:based on|according to|from|in) (?:the|these|your|all) (?:\w+ )?{_TEXTS}"
    r"|(?:see|refer to|check) (?:the )?(?:sources?|citations?|references?)(?: (?:below|above))?",
    re.IGNORECASE,
)
_SILENCE = re.compile(
    r"(?:(?:unfortunately|however|but|sorry|regrettably),? )?(?:there is no (?:information|mention|answer)\b[^:;]*"
    r"|(?:(?:the|these|this|your|any|none) )?(?:(?:of the|given|provided|available|cited|retrieved|supplied) )*"
    rf"{_TEXTS}"
    r"(?: (?:i have|provided|given|shown|available))? (?:do(?:es)? not|don't|doesn't|did not|didn't|cannot|can't)"
    r" (?:answer|say|mention|contain|provide|specify|state|include|give|tell|name|address|discuss|cover|indicate"
    r"|describe|list|explain|disclose|help)\b[^:;]*)",
    re.IGNORECASE,
)
_ASSERTING = re.compile(
    r"\b(?:did you know|do you know that|have you heard that)\b"
    r"|,\s*(?:right|correct|no|(?:is|are|was|were|do|does|did|has|have|ca|wo)n't"
    r" (?:it|they|he|she|there|you think))\s*\?",
    re.IGNORECASE,
)
"""A question that states what it asks."""

_QUOTED = re.compile(r"[\"\u201c][^\"\u201d]{3,}[\"\u201d]")


def is_claim(sentence: str) -> bool:
    """Whether ``sentence`` states something that evidence can bear out or not."""
    text = " ".join(sentence.replace("\u2019", "'").split())
    found = WORD.findall(text)
    if not found or _MARKED_HEADING.match(sentence):
        return False
    if text.rstrip("\"')").endswith("?"):
        return bool(_ASSERTING.search(text))
    if any(character.isdigit() for character in text) or _QUOTED.search(text):
        return True
    bare = text.strip(" -*_#>").rstrip(" .!;,:\u2026")
    whole = (_GREETING, _REMARK, _SILENCE)
    return not (
        _is_heading([word.lower() for word in found])
        or _OPENS_A_LIST.match(text)
        or any(form.fullmatch(bare) for form in whole)
    )


def stated(sentence: str) -> str:
    """``sentence`` without the remark that opens it: of "Here is what I found: it is so" the last three words."""
    opening, colon, rest = sentence.partition(":")
    bare = " ".join(opening.replace("\u2019", "'").split())
    opens = bool(colon and rest.strip()) and (_IN_SHORT.fullmatch(bare) or _REMARK.fullmatch(bare))
    return rest.strip() if opens and not any(character.isdigit() for character in bare) else sentence


def _is_heading(found: list[str]) -> bool:
    return (
        len(found) <= _MOST_HEADING_WORDS
        and found[-1] in _HEADINGS
        and all(word in _BEFORE_A_HEADING for word in found[:-1])
    )
