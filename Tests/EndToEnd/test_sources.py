"""What the compiler does not see in the sources."""

import collections
import re

from support.programs import ROOT


def test_no_two_flags_share_a_bit():
    """Two changes that each take the next free bit of an OptionSet merge without a conflict."""
    sets = 0
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for found in re.finditer(r"struct (\w+): [^{]*OptionSet[^{]*\{(.*?)\n    \}", path.read_text(), re.S):
            bits = collections.Counter(int(bit) for bit in re.findall(r"rawValue: 1 << (\d+)\)", found[2]))
            if not bits:
                continue
            assert max(bits.values()) == 1, f"{path.relative_to(ROOT)}: {found[1]} has bits that two flags share: {bits}"
            sets += 1
    assert sets >= 2
