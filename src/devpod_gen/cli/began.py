"""When this process was started: before Python was, which has to be counted, too."""

import os
import time
from pathlib import Path


def began() -> float:
    """The moment at which the process was started, on the clock of `time.monotonic`.

    Linux knows it to a hundredth of a second. Elsewhere it is as long ago as the process has
    used a processor, which is too little where it had to wait.
    """
    used = time.process_time()
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        ticks = int(stat.rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        age = used
    return time.monotonic() - max(age, used)
