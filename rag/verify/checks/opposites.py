"""A word that says the opposite of the one in its place."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from rag.verify.comparison import NEAR_COPY, Change, Comparison
from rag.verify.tokens import Token
from rag.verify.verdict import Reason
from rag.words import stem

_PAIRS = """
    increase/decrease/reduce/decline/drop/lower raise/lower/cut rise/fall/drop/decline rose/fell/dropped/declined
    risen/fallen grow/shrink/decline grew/shrank/fell/declined grown/shrunk gain/loss/lose gained/lost growth/decline
    up/down upward/downward higher/lower highest/lowest high/low upper/lower more/less/fewer most/least maximum/minimum
    above/below over/under top/bottom big/small large/small larger/smaller largest/smallest great/small long/short
    longer/shorter longest/shortest wide/narrow wider/narrower thick/thin deep/shallow heavy/light tall/short
    strong/weak stronger/weaker strength/weakness strengthen/weaken hard/soft hard/easy difficult/easy simple/complex
    fast/slow faster/slower quick/slow quickly/slowly accelerate/decelerate/slow early/late earlier/later before/after
    previous/next first/last begin/end began/ended begun/ended beginning/end begins/ends start/stop/end/finish
    started/stopped/ended/finished open/close opened/closed opening/closing old/new/young older/newer/younger
    oldest/newest/youngest ancient/modern past/future former/latter birth/death born/died alive/dead live/die
    good/bad better/worse best/worst positive/negative success/failure successful/unsuccessful succeed/fail
    succeeded/failed win/lose won/lost victory/defeat winner/loser pass/fail passed/failed accept/reject/refuse/decline
    accepted/rejected/refused/declined agree/disagree agreement/disagreement approve/reject/disapprove
    approved/rejected allow/prohibit/forbid/ban allowed/prohibited/forbidden/banned permit/prohibit/forbid
    permitted/prohibited/forbidden enable/disable/prevent enabled/disabled support/oppose supported/opposed
    supporter/opponent require/exempt required/optional mandatory/optional/voluntary compulsory/optional/voluntary
    include/exclude including/excluding included/excluded add/remove/subtract added/removed insert/delete create/destroy
    created/destroyed build/demolish built/demolished join/leave joined/left enter/leave/exit entered/left/exited
    arrive/depart/leave arrived/departed come/go push/pull attach/detach connect/disconnect lock/unlock
    buy/sell bought/sold buyer/seller purchase/sale borrow/lend borrowed/lent import/export imported/exported
    give/take gave/took send/receive sent/received pay/earn spend/save/earn spent/saved/earned hire/fire/dismiss
    hired/fired/dismissed employ/dismiss profit/loss profitable/unprofitable income/expense revenue/cost/expense
    asset/liability debit/credit creditor/debtor surplus/deficit rich/poor wealth/poverty expensive/cheap
    internal/external interior/exterior inside/outside inner/outer indoor/outdoor domestic/foreign/international
    local/global/remote public/private national/international urban/rural north/south east/west northern/southern
    eastern/western northeast/southwest northwest/southeast left/right front/back forward/backward near/far
    nearest/farthest same/different/opposite similar/different/dissimilar equal/unequal like/unlike true/false
    right/wrong correct/incorrect/wrong legal/illegal lawful/unlawful guilty/innocent convict/acquit
    convicted/acquitted safe/dangerous/unsafe safety/danger healthy/sick/unhealthy clean/dirty wet/dry hot/cold
    warm/cool hotter/colder heat/cool day/night daily/nightly morning/evening summer/winter light/dark bright/dark
    black/white male/female man/woman men/women boy/girl father/mother son/daughter brother/sister husband/wife
    king/queen uncle/aunt married/divorced/single marry/divorce teacher/student parent/child
    employer/employee doctor/patient plaintiff/defendant war/peace friend/enemy ally/enemy love/hate loved/hated
    like/dislike praise/criticize/criticise praised/criticized/criticised attack/defend attacked/defended
    attacker/defender offensive/defensive active/passive/inactive full/empty/partial complete/incomplete/partial
    total/partial whole/part permanent/temporary fixed/variable constant/variable static/dynamic manual/automatic
    natural/artificial physical/virtual online/offline direct/indirect formal/informal regular/irregular
    frequent/rare/infrequent frequently/rarely often/rarely/seldom/never always/never/rarely usually/rarely/never
    sometimes/never common/rare/uncommon possible/impossible likely/unlikely certain/uncertain known/unknown
    available/unavailable present/absent presence/absence visible/invisible appear/disappear appeared/disappeared
    find/lose found/lost remember/forget remembered/forgot hide/show hidden/shown save/waste
    major/minor majority/minority primary/secondary senior/junior superior/inferior advantage/disadvantage benefit/harm
    beneficial/harmful help/hinder/harm improve/worsen/deteriorate improved/worsened/deteriorated
    improvement/deterioration optimistic/pessimistic happy/sad/unhappy together/apart/separately separate/joint
    with/without all/none/no every/no/none each/none both/neither everyone/nobody everybody/nobody everything/nothing
    some/none/no many/few/none
    anything/nothing upstream/downstream input/output positive/negative plus/minus vertical/horizontal
    wireless/wired single/multiple odd/even literate/illiterate majority/minority peak/trough expand/contract/shrink
    expanded/contracted expansion/contraction extend/shorten extended/shortened prior/subsequent acquire/divest
    acquired/divested inflow/outflow bull/bear upgrade/downgrade upgraded/downgraded encourage/discourage
    encouraged/discouraged trust/distrust confirm/deny confirmed/denied admit/deny admitted/denied
    remain/leave stay/leave stayed/left keep/discard kept/discarded maximize/minimize maximise/minimise
"""
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "a", "mis")
_LEAST_BASE = 4
_NOT = frozenset({"not", "never", "no", "nor", "neither", "without", "hard", "hardli"})


def check(compared: Comparison) -> Iterator[Reason]:
    """A reason where claim and counterpart, otherwise alike, say opposite things in the same place."""
    for change, counterpart in compared.changes(least_share=NEAR_COPY):
        if not change.framed or _negates(change.mine) != _negates(change.theirs):
            continue
        held = {token.key for token in counterpart.tokens}
        said = {token.key for token in compared.tokens}
        pair = _opposite_pair(change, held, said)
        if pair is not None:
            yield Reason("opposite", f"says {pair[0]!r} where the evidence says {pair[1]!r}", "contradicts")


def are_opposite(one: str, other: str) -> bool:
    """Whether two words say opposite things: of the list, or the same word with and without a prefix that negates."""
    if other in _opposites().get(one, ()) or stem(other) in _opposites().get(stem(one), ()):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _LEAST_BASE and any(long == prefix + short for prefix in _PREFIXES if len(prefix) > 1)


def _opposite_pair(change: Change, held: set[str], said: set[str]) -> tuple[str, str] | None:
    for mine in change.mine:
        for theirs in change.theirs:
            if mine.key not in held and theirs.key not in said and are_opposite(mine.text.lower(), theirs.text.lower()):
                return mine.text, theirs.text
    return None


def _negates(tokens: Sequence[Token]) -> bool:
    return any(token.key in _NOT for token in tokens)


@functools.lru_cache(maxsize=1)
def _opposites() -> dict[str, frozenset[str]]:
    """Of each word and stem its opposites; built when first asked for."""
    found: dict[str, set[str]] = {}
    for entry in _PAIRS.split():
        one, *others = entry.split("/")
        for other in others:
            for mine, theirs in ((one, other), (stem(one), stem(other))):
                found.setdefault(mine, set()).add(theirs)
                found.setdefault(theirs, set()).add(mine)
    return {word: frozenset(others) for word, others in found.items()}
