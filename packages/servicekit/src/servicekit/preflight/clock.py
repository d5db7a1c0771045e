"""Compares the clock of another machine with this one's."""

from servicekit.preflight.finding import Area


def compare_clocks(area: Area, theirs: float, before: float, after: float, leeway: float, precision: float = 0) -> None:
    """Report the difference of two clocks, warn where it exceeds what tokens allow.

    Args:
        theirs: the other clock, in seconds since the epoch.
        before, after: this clock when the question was sent and when the answer came.
        leeway: seconds of difference that tokens allow (TOKEN_LEEWAY).
        precision: seconds by which `theirs` may be rounded down.
    """
    early, late = before - precision - theirs, theirs - after
    skew = max(early, late, 0.0)  # at least so much; the rest may be the way of the answer
    if skew <= leeway:
        area.ok("clock", f"Differs from this machine's by at most {max(skew, after - before, precision):.1f} s.")
        return
    direction = "behind" if early > late else "ahead of"
    area.warn(
        "clock",
        f"Is {skew:.0f} s {direction} this machine's; tokens allow {leeway:g} s.",
        "Synchronise both clocks (NTP, chrony).",
    )
