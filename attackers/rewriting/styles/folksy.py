"""Front-porch talk: howdy, y'all, reckon, fixin' to."""

from __future__ import annotations

from attackers.rewriting.rules import StyleRules

RULES = StyleRules(
    signs=(
        "howdy", "y'all", "reckon", "reckons", "well shucks", "shucks", "dadgum", "yonder", "ain't",
        "yessir", "fixin'", "doggone", "dang",
    ),
    openers=(
        "{howdy}", "{howdy} {folks}", "well {howdy}", "{howdy} y'all", "{folks}, I reckon",
        "down yonder by the {creek}",
    ),
    closers=("I reckon", "y'all", "{howdy}", "down yonder by the {creek}", "{folks}, I reckon"),
    slots={
        "howdy": ("howdy", "shucks", "dadgum", "yessir", "doggone", "dang"),
        "folks": ("folks", "neighbor", "cousin", "partner", "friends"),
        "creek": ("creek", "barn", "holler", "fence", "porch"),
    },
    words={
        "you": ("y'all",), "think": ("reckon",), "thinks": ("reckons",), "isn't": ("ain't",),
        "is n't": ("ain't",), "are n't": ("ain't",), "aren't": ("ain't",), "there": ("yonder",),
        "people": ("folks",), "very": ("mighty",), "child": ("young'un",),
        "children": ("young'uns",),
        "going to": ("fixin' to",), "father": ("pa",), "mother": ("ma",), "hello": ("howdy",),
        "something": ("somethin'",), "nothing": ("nothin'",), "over there": ("over yonder",),
        "movie": ("picture show",), "film": ("picture show",), "old": ("ol'",),
    },
)  # fmt: skip
