"""The table of docs/export-styles.md, from the styles that the tests run.

    python table.py > ../../../../docs/export-styles.md
"""

import styles_networks  # noqa: F401
import styles_own_code  # noqa: F401
import styles_sampling  # noqa: F401
from styles import STYLES
from styles_jax import JAX_STYLES

HEAD = """# Styles of models that the exporter was tried on

Each line is a way in which people write such models, as a test of `Sources/python/tests/export` has it. "Right": the
file's log-weights are those that the style's own modules give, computed apart from the exporter with
torch.distributions (JAX: numpy), within 1e-4 of their size. "Asked about": an error, nothing written, and the test does
what the error says, after which the file is right. "Refused": an error with the true reason, and no other way. None is
wrong.

This page is written by `table.py` there; the tests need PyTorch and JAX, so they are run by hand
([From PyTorch](from-pytorch.md) says how).
"""


def lines() -> list[str]:
    rows = [(s.group, s.words, s.refused, s.remedy is not None) for s in STYLES]
    rows += [("JAX", words, refused, remedy is not None) for words, _, refused, remedy in JAX_STYLES]
    right = sum(refused is None for _, _, refused, _ in rows)
    remedied = sum(remedy for *_, remedy in rows)
    refused = len(rows) - right - remedied
    out = [HEAD, f"{len(rows)} styles: {right} right at once, {remedied} right by what the error says to do, {refused} refused "
                 f"({100 * refused / len(rows):.1f} %), 0 wrong.", ""]
    for group in dict.fromkeys(g for g, *_ in rows):
        out += [f"## {group[0].upper()}{group[1:]}", "", "| style | |", "|---|---|"]
        for g, words, refused, remedy in rows:
            if g == group:
                result = "right" if refused is None else "asked about; right by what the error says" if remedy else "refused"
                text = words.replace("|", "\\|")
                out.append(f"| {text} | {result} |")
        out.append("")
    return out


if __name__ == "__main__":
    print("\n".join(lines()).rstrip())
