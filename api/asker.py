"""Who a request is from: the groups that the service acts for, which a request may narrow and never widen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Query, Request

from api.errors import GroupsRefused, OwnerOnly
from indexers.access import MOST_NAME_CHARS

MOST_GROUPS = 100

GroupName = Annotated[str, Query(min_length=1, max_length=MOST_NAME_CHARS)]
Groups = frozenset[str] | None
"""None is the owner, who sees all."""


def narrowed(request: Request, wanted: Collection[str] | None) -> Groups:
    """The groups that the request asks for, else those of the service.

    Raises:
        GroupsRefused: The service does not act for one of them.
    """
    served: Groups = request.app.state.groups
    if wanted is None:
        return served
    if served is not None and not served.issuperset(wanted):
        raise GroupsRefused
    return frozenset(wanted)


def _asked_for(
    request: Request,
    group: Annotated[
        list[GroupName] | None,
        Query(max_length=MOST_GROUPS, description="Only what members of this group may see; may be repeated"),
    ] = None,
) -> Groups:
    return narrowed(request, group)


def _owner(request: Request) -> None:
    if request.app.state.groups is not None:
        raise OwnerOnly


TheAsker = Annotated[Groups, Depends(_asked_for)]
ByTheOwner = Depends(_owner)
