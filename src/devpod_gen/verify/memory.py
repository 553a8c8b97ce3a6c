"""What a verification adds to its workspace's history, and how it stands to it."""

from dataclasses import replace

from devpod_gen.verify.report import Report
from devpod_gen.workspace.history import kind_of, run_of
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.regression import weigh


def remembered(identity: Identity, report: Report) -> Report:
    """The report, with how its start stands to those before it. A start that led to no ready
    shell has no time to compare; one above the budget has. Only the way by exec is `up`'s."""
    failed = any(check.id != "budget" for check in report.failed)
    if failed or not report.shell or "compose" not in report.doors:
        return report
    kind = kind_of(report.timing, created=True, started=True)
    measured = [(kind, report.timing)]
    measured += [(again.kind, timing) for again in report.repeated for timing in again.timings]
    runs = (run_of(identity, "verify", kind, report.image.id, timing) for kind, timing in measured)
    return replace(report, standing=weigh(identity, tuple(runs)))
