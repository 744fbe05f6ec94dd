"""The page of the documentation that lists the rules, made from them.

`python -m mcpgen.contracts.reference > docs/reference/diff-rules.md`
"""

from __future__ import annotations

from typing import Final

from .rules import RULES, Level, Rule, Step

_HEAD: Final = """\
# What breaks callers: the rules of `mcpgen diff`

`mcpgen diff OLD NEW` looks at a change from the callers' point of view. Every change has
a rule, and every rule a level:

| level | what it means | exit code |
|---|---|---|
| breaking | some caller can't go on as before | 1 |
| unknown | nothing proves that all callers can go on as before | 1 |
| notice | callers can go on, and should know | 0 |
| compatible | callers can go on | 0 |

The last column is the step that the client's version has to make at least. Before 1.0.0,
a major step is a minor one, and a minor step is a patch.
"""
_STEPS: Final = {Step.MAJOR: "major", Step.MINOR: "minor", Step.PATCH: "patch"}
_TITLES: Final = {"annotations": "Annotations of tools", "client": "The client"}


def page() -> str:
    """The whole page."""
    topics: dict[str, list[Rule]] = {}
    for rule in RULES.values():
        topics.setdefault(rule.topic, []).append(rule)
    parts = [_HEAD]
    for topic, rules in topics.items():
        title = _TITLES.get(topic, topic.capitalize())
        parts.append(f"\n## {title}\n\n| rule | level | what changed | step |\n")
        parts.append("|---|---|---|---|\n")
        parts += [_row(rule) for rule in sorted(rules, key=_order)]
    return "".join(parts)


def _order(rule: Rule) -> int:
    return list(Level).index(rule.level)


def _row(rule: Rule) -> str:
    return f"| `{rule.id}` | {rule.level} | {rule.meaning} | {_STEPS[rule.step]} |\n"


if __name__ == "__main__":
    print(page(), end="")
