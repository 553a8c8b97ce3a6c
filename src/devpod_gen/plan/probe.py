"""The probes of a plan: those of its stacks, then the profile's."""

from devpod_gen.plan.model import ProbePlan
from devpod_gen.profile.model import Probe, Profile
from devpod_gen.profile.stacks import Stack

PROBE_TIMEOUT = 30
"""Seconds that a probe may take when nobody says."""


def resolve_probes(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[ProbePlan, ...]:
    """Each by the name of whose it is, and its number there."""
    theirs = [_numbered(stack.name, stack.probes, own=False) for stack in stacks]
    return sum(theirs, ()) + _numbered("profile", profile.probes, own=True)


def _numbered(name: str, probes: tuple[Probe, ...], *, own: bool) -> tuple[ProbePlan, ...]:
    return tuple(
        ProbePlan(
            f"{name}-{number}",
            probe.run,
            probe.expect,
            probe.timeout or PROBE_TIMEOUT,
            own=own,
            thorough=probe.thorough,
        )
        for number, probe in enumerate(probes, start=1)
    )
