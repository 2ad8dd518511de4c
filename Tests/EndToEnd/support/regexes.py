"""Patterns and texts, made by chance from a seed, and what another engine says of them."""

import random
import re

try:
    import re2  # google-re2: the same syntax, another implementation
except ImportError:
    re2 = None

ALPHABET = "ab/0-_. \n\tAKksS\u017f\u212aé\u00c9ßλ\u4e2d\U0001f600"
# \s is left out of the common subset: Python's has \v
ATOMS = ["a", "b", "/", "0", "-", "k", "S", ".", "[ab]", "[^/]", "[^a]", r"\d", r"\D", r"\w", r"\W", r"\.", r"\x61", "[a-k0-9]", "é"]
RE2_ATOMS = ATOMS + [
    r"\s", r"\S", "[[:alpha:]]", "[[:^digit:]]", "[[:word:]/]", r"\pL", r"\PL", r"\p{Lu}", r"\p{^Lu}", r"[\d/]", r"[^\d/]", r"\Qa.\E", r"\x{4e2d}",
    r"[\x{100}-\x{20ac}]", "中", "😀", r"\141", r"[\n\t]", "[]a]", "[a-]", "(?s:.)", "[é-λ]", r"[^\x00-\x{10FFFF}]", "(?i:k)", "(?i:[s-t])", "(?i:é)", "λ",
]
# \B is not: in Python it does not hold in an empty text
ASSERTIONS = [r"\b", "^", "$", r"\A"]
RE2_ASSERTIONS = ASSERTIONS + [r"\B", r"\z", "(?m:^)", "(?m:$)"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{1,3}?", "{0}", "{2,}?"]

# what syntax is made of; look-around, \\C and scripts are left out, which RE2 and we refuse or not for reasons of our own
PIECES = [
    "a", "b", "-", "^", "$", ".", "|", "(", ")", "(", ")", "[", "]", "[^", "{", "}", ",", "*", "+", "?", "1", "02", "{2}", "{1,}", "{,3}", "{2,1}", "{1001}",
    "(?:", "(?i)", "(?i-s:", "(?P<n>", "(?P<m>", "(?<o>", "(?", "(?P", "(?-)", "(?i-)", "(?sU:", "\\", "\\d", "\\pL", "\\p{Lu}", "\\p{", "\\x4", "\\x{41}", "\\b",
    "\\z", "\\Z", "\\Q", "\\E", "[:alpha:]", "[:^digit:]", "[:no:]", "\\07", "\\1", "\\8", "\\_", "\\é", "[a-", "b]", "a-z", "**", "{1000}", "]",
]


class Maker:
    def __init__(self, seed, common):
        self.random = random.Random(seed)
        self.atoms = ATOMS if common else RE2_ATOMS
        # without a final newline in the text, $ is the same in both
        self.assertions = ASSERTIONS if common else RE2_ASSERTIONS
        self.common = common

    def pattern(self, depth=0):
        choice = self.random.random()
        if depth > 3 or choice < 0.35:
            return self.random.choice(self.atoms)
        if choice < 0.40:
            return self.random.choice(self.assertions)
        if choice < 0.60:
            return "".join(self.pattern(depth + 1) for _ in range(self.random.randint(1, 4)))
        if choice < 0.75:
            form = self.random.choice(["(%s)", "(%s)", "(%s)", "(?:%s)"] + ([] if self.common else ["(?i:%s)", "(?U:%s)", "(?s:%s)", "(?i)%s"]))
            return form % self.pattern(depth + 1)
        if choice < 0.88:
            body = self.pattern(depth + 1)
            return (body if body in self.atoms and len(body) == 1 else f"(?:{body})" if self.random.random() < 0.4 else f"({body})") + self.random.choice(REPEATS)
        return "|".join(self.pattern(depth + 1) if self.random.random() < 0.92 or self.common else "" for _ in range(self.random.randint(2, 3)))

    def text(self):
        short = self.random.random() < 0.7
        alphabet = "ab/0" if self.random.random() < 0.5 else ALPHABET
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(0, 4 if short else 14)))

    def pair(self):
        while True:
            pattern = self.pattern()
            if len(pattern) < 200:
                return pattern, self.text()


def expected(pattern, text):
    """"error", None for no match, or the groups 1 to 9 as byte ranges."""
    engine = re2 or re
    try:
        # the flags make Python's engine agree with RE2's ASCII classes
        found = engine.fullmatch(pattern, text) if re2 else re.compile(pattern, re.ASCII).fullmatch(text)
        groups = (re2 or re).compile(pattern).groups
    except (re2.error if re2 else re.error):
        return "error"
    if found is None:
        return None
    spans = [found.span(group) for group in range(1, min(groups, 9) + 1)]
    return [None if begin < 0 else (len(text[:begin].encode()), len(text[:end].encode())) for begin, end in spans]
