#!/usr/bin/env python3
"""Hold the house rule for prose: docstrings begin with a verb, and sentences have at most 20 words.

    python3 scripts/prose.py                    src/gfrnet
    python3 scripts/prose.py src/gfrnet/faces   one room; files work too

Each finding is one line, and the exit code is 1 when there are any. Code spans count as one word.
Code blocks, formulas, tables and doctest lines are skipped.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MOST_WORDS = 20
"""Words that a sentence may have."""

_LISTED = """
Abort Accept Accumulate Acquire Act Activate Adapt Add Adjust Advise Agree Aim Align Allocate Allow Alternate
Annotate Announce Anonymise Answer Anticipate Append Apply Approximate Argue Arrange Arrive Ask Assemble
Assert Assign Attach Attend Average Avoid Await Bake Balance Base Batch Be Begin Bias Bind Blend Block Blur
Bound Bring Broadcast Buffer Build Bundle Cache Calculate Calibrate Call Calm Cancel Carry Cast Catalogue
Catch Centre Chain Change Charge Check Choose Cite Clamp Clean Clear Clip Close Collect Colour Combine Come
Commit Communicate Compare Compile Complete Compose Compress Compute Concatenate Conclude Condition Configure
Confine Confirm Connect Consider Construct Contain Continue Contract Contrast Control Convert Convey Convolve
Cope Copy Correct Correlate Count Cover Create Credit Crop Cross Cut Damage Deal Deblur Decide Declare Decode
Deconvolve Decorate Deduce Defer Define Degrade Delay Delegate Delete Deliver Demand Demonstrate Denote Deny
Depend Derive Describe Detach Detect Determine Differ Differentiate Disable Discard Discriminate Display
Distil Distort Divide Do Download Downsample Draft Drag Draw Drive Drop Embed Embody Emit Empty Enable Encode
Encourage End Enforce Enhance Enlarge Ensure Enter Enumerate Equal Erase Escape Estimate Evaluate Examine
Exceed Exchange Exclude Execute Exist Exit Expand Explain Export Express Extend Extract Fail Fall Fetch Fill
Filter Find Finetune Finish Fit Fix Flag Flatten Flip Flow Fold Follow Forget Form Format Forward Freeze Fuse
Gather Generate Get Give Go Grade Grant Group Grow Guard Guess Guide Halve Hand Handle Hang Hash Have Hear
Help Hide Hint Hold Hook Identify Ignore Illustrate Imitate Implement Import Improve Include Increase Index
Indicate Infer Inform Inherit Initialise Insert Inspect Install Interpolate Interpret Intersect Introduce
Invent Invert Invite Invoke Isolate Iterate Join Judge Keep Kill Know Label Last Launch Lay Lead Leak Learn
Leave Lend Let Lift Light Limit Link List Listen Load Locate Lock Log Look Lose Lower Maintain Make Manage Map
Mark Mask Master Match Mean Measure Meet Memorise Mend Mention Merge Mimic Minimise Mirror Mix Model Modify
Modulate Mount Move Multiply Mute Name Narrow Need Negate Neglect Nest Normalise Note Notice Notify Number
Observe Obtain Occupy Offer Omit Open Operate Optimise Order Outline Outlive Overlay Overwrite Own Pack Pad
Paint Pair Parse Pass Paste Patch Pause Pay Peek Penalise Perform Permit Persist Pick Ping Place Plan Play
Plot Point Pool Portray Pose Position Predict Prefer Prepare Present Preserve Pretrain Prevent Print Proceed
Process Produce Profile Project Promise Promote Propose Protect Prove Provide Prune Publish Pull Punish Push
Put Quantise Quantize Query Quit Quote Raise Randomise Rank Rate Reach React Read Realise Rebuild Receive
Recognise Recognize Recolour Recommend Recompute Reconstruct Record Recover Recreate Redirect Redraw Reduce
Refer Refine Refuse Register Regularise Reindex Reject Relabel Relate Release Rely Remember Remove Rename
Render Reorder Repaint Repair Repeat Replace Reply Report Represent Reproduce Request Require Reread Resample
Rescale Reset Reshape Resize Resolve Respond Rest Restore Restrict Resume Retain Return Reuse Reveal Reverse
Rewind Rewrite Ride Roll Rotate Round Route Run Sample Sanitise Save Say Scale Scan Scatter Schedule Score
Search Seat Seed Seek Select Send Sense Separate Serialise Serve Set Sew Shade Shape Share Sharpen Shift
Shorten Show Shrink Shuffle Shuttle Sign Signal Simulate Sit Sketch Skip Sleep Slice Smooth Soften Solve Sort
Spare Speak Specify Spell Spend Split Spread Squeeze Stabilise Stack Stamp Stand Standardise Start State Stay
Step Stop Store Stream Strengthen Stretch Strip Style Subclass Substitute Subtract Suggest Sum Summarise
Supply Support Surface Surround Survive Suspend Swap Synthesise Tabulate Tag Take Teach Tell Test Thin Think
Throw Tie Tile Time Tint Title Tolerate Top Total Touch Trace Track Train Transfer Transform Translate
Transmit Transpose Treat Trim Try Tune Turn Twist Type Understand Undo Unfold Unite Unpack Unwrap Update
Upsample Use Validate Vary Verify View Visit Vote Wait Walk Want Warm Warn Warp Watch Weaken Wear Weave Weigh
Weight Whiten Widen Win Wish Withdraw Work Wrap Write Yield Zip
"""

VERBS = frozenset(_LISTED.split())
"""Verbs that docstrings here begin with. Add a verb that is missing."""

DOCUMENTED = {
    ast.Module: "module",
    ast.ClassDef: "class",
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
}

SECTIONS = {"Args", "Attributes", "Raises", "Returns", "Yields", "Example", "Examples", "Note", "Warns"}
ENTRIES = {"Args", "Attributes", "Raises", "Warns"}
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|cf|vs|etc|al|eq|fig|approx|resp)\.", re.IGNORECASE)
CODE = re.compile(r"``[^`]*``|`[^`]*`|https?://\S+")
TUPLE = re.compile(r"[(\[](?:[^\s,()]+,\s*)+[^\s,()]*[)\]]|\b\w+ [x\u00d7] \w+( [x\u00d7] \w+)*\b")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
ITEM = re.compile(r"^([-*+]|\d+\.)\s")
DIRECTIVE = re.compile(r"noqa|type:|pragma|!|ruff:|mypy:|fmt:|-\*-")


@dataclass(frozen=True)
class Text:
    """Hold a piece of prose whose sentences are counted.

    Attributes:
        line: Line of the file on which it begins.
        text: The prose in one line.
    """

    line: int
    text: str


def findings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and message of everything in one file that breaks the rule."""
    source = path.read_text(encoding="utf-8")
    for kind, name, line, text in docstrings(ast.parse(source)):
        if kind != "constant":
            yield from first_word(kind, name, line, text)
        for piece in pieces(line, text):
            yield from long_sentences(piece)
    for piece in comments(source):
        yield from long_sentences(piece)


def docstrings(tree: ast.Module) -> Iterator[tuple[str, str, int, str]]:
    """Yield kind, name, first line and text of each docstring, also of constants and fields."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    kind = DOCUMENTED.get(type(node)) if statement is body[0] else None
                    yield kind or "constant", getattr(node, "name", ""), statement.lineno, text


def first_word(kind: str, name: str, line: int, text: str) -> Iterator[tuple[int, str]]:
    """Yield a finding when a docstring does not begin with a verb in the imperative."""
    words = text.split()
    word = words[0].rstrip(",:;.") if words else ""
    # "Name of a person" begins with a noun, "Name a person" with a verb.
    if word not in VERBS or (words[1:2] == ["of"] and word not in ("Speak", "Think")):
        what = f"{kind} {name}".strip()
        begin = " ".join(words[:4])
        yield line, f"{what}: the docstring begins with no verb of VERBS ({begin!r})"


def pieces(line: int, text: str) -> Iterator[Text]:
    """Yield paragraphs, list items and section entries of a docstring, without code and tables."""
    first, *rest = text.split("\n")
    margin = min((len(row) - len(row.lstrip()) for row in rest if row.strip()), default=0)
    rows = [first.strip(), *(row[margin:].rstrip() for row in rest)]
    section, fenced, current = "", False, Text(line, "")
    for number, row in enumerate(rows, start=line):
        bare = row.strip()
        indent = len(row) - len(row.lstrip())
        if indent == 0 and bare:
            section = bare[:-1] if bare.endswith(":") and bare[:-1] in SECTIONS else ""
        fenced ^= bare.startswith("```")
        skipped = (
            fenced or not is_prose(bare) or (indent > 0 and not section and not continues(current, bare))
        )
        begins = bool(ITEM.match(bare)) or (section in ENTRIES and indent == 4)
        if skipped or begins or bare[:-1] in SECTIONS:
            yield current
            current = Text(number, "")
        if not skipped and bare[:-1] not in SECTIONS:
            entry = without_name(bare) if section in ENTRIES and indent == 4 else ITEM.sub("", bare, count=1)
            current = Text(current.line if current.text else number, f"{current.text} {entry}".strip())
    yield current


def is_prose(row: str) -> bool:
    """Return whether a line is prose: not empty, no fence, table or doctest."""
    return bool(row) and not row.startswith(("```", ">>>", "... ", "|", "+-", "===", "---", "$ ", ".. "))


def continues(current: Text, row: str) -> bool:
    """Return whether an indented line goes on with a list item, or begins one."""
    return bool(ITEM.match(row)) or bool(current.text and not current.text.endswith(":"))


def without_name(row: str) -> str:
    """Return the description of an entry, without the name before its colon."""
    return row.split(": ", 1)[1] if re.match(r"[\w*.,` ]+(\([^)]*\))?: ", row) else row


def comments(source: str) -> Iterator[Text]:
    """Yield each comment; full lines below each other are one."""
    block, before = Text(0, ""), (-2, -1)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        alone = token.line.lstrip().startswith("#")
        text = token.string.lstrip("#").strip()
        text = "" if DIRECTIVE.match(text) else text
        if alone and before == (line - 1, column) and not ITEM.match(text):
            block = Text(block.line, f"{block.text} {text}".strip())
        else:
            yield block
            block = Text(line, text)
        before = (line, column) if alone and text else (-2, -1)
    yield block


def long_sentences(piece: Text) -> Iterator[tuple[int, str]]:
    """Yield a finding for each sentence that has too many words."""
    text = ABBREVIATIONS.sub(lambda found: found[0].replace(".", ""), CODE.sub("Code", piece.text))
    for sentence in SENTENCE_END.split(TUPLE.sub("Tuple", text)):
        words = [word for word in sentence.split() if any(letter.isalnum() for letter in word)]
        if len(words) > MOST_WORDS:
            begin = " ".join(words[:6])
            yield piece.line, f"sentence of {len(words)} words, more than {MOST_WORDS} ({begin!r} ...)"


def main() -> int:
    """Print the findings of all files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[ROOT / "src" / "gfrnet"], help="files or folders"
    )
    found = 0
    for given in parser.parse_args().paths:
        files = sorted(given.rglob("*.py")) if given.is_dir() else [given]
        for path in files:
            for line, message in sorted(findings(path)):
                print(f"{path}:{line}: {message}")
                found += 1
    if found:
        print(
            f"{found} places. Begin each docstring with a verb, and cut long sentences in two. "
            "If VERBS in scripts/prose.py lacks a verb, add it there."
        )
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
