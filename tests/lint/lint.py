"""What the lints share: which files there are, how C++ is read, and the command line."""
import argparse
import pathlib
import re
import sys
import tempfile

SOURCE_SUFFIXES = {".hpp", ".cpp"}
# Folders of the tree that hold our text; a build folder is none of them.
FOLDERS = ["include", "src", "behaviors", "adapters", "bench", "tests", "docs", "scripts", "cmake"]


def files(root, suffixes=SOURCE_SUFFIXES, folders=FOLDERS):
    """The files of the tree, as paths relative to `root`."""
    found = [p for folder in folders for p in (root / folder).glob("**/*") if p.is_file()]
    found += [p for p in root.glob("*") if p.is_file()]
    return sorted(p.relative_to(root) for p in found if p.suffix in suffixes)


def without_comments(text, strings=False):
    """The text with comments blanked, and with `strings` their content too; lines stay in place."""
    def blank(match):
        token = match.group()
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1] if strings else token
    raw = r'R"(?P<d>[^(\s]*)\([\s\S]*?\)(?P=d)"'
    return re.sub(raw + r"""|//[^\n]*|/\*[\s\S]*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""",
                  blank, text)


def run(check, bad_tree, description):
    """Command line of a lint: `check(root)` yields complaints; none is success.

    With --self-test the lint is given `bad_tree`, a dict path -> (text, complaints expected), and
    must complain exactly as expected.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        sys.exit(self_test(check, bad_tree))
    complaints = list(check(options.root))
    print("\n".join(complaints) or "nothing to complain about")
    sys.exit(bool(complaints))


def self_test(check, bad_tree):
    """1 unless the lint says of each file of the tree what it should."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, (text, _) in bad_tree.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = sorted(check(root))
    expected = sorted(f"{path}:{what}" for path, (_, all_of) in bad_tree.items() for what in all_of)
    for line in sorted(set(expected) - set(found)):
        print("missing:   ", line)
    for line in sorted(set(found) - set(expected)):
        print("unexpected:", line)
    print(f"{len(expected)} complaints expected, {len(found)} found")
    return int(found != expected)
