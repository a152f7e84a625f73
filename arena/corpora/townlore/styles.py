"""Writing styles: a diffuse axis, on top of any frame and topic.

A style replaces many small words, by several variants each, and opens or closes the text in one of
several ways. No style is a fixed string, and none changes what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from arena.corpora.townlore.seeded_choice import Choice

_WORD = re.compile(r"[A-Za-z']+")
_START = re.compile(r"(?:^|[.?!]\s+)[a-z]")
# spaces before a mark or another space, and commas before an end mark
_UNTIDY = re.compile(r"\s+(?=[\s,.;:?!])|^\s+|,(?=\s*[.;:?!])")


@dataclass(frozen=True)
class Style:
    """`words` maps a plain word to its variants ("" drops it); `openers` begin the text,
    `closers` end it; `ends` replaces final marks; `lower` leaves out capitals."""

    openers: tuple[str, ...]
    closers: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, str]
    lower: bool = False


def _style(openers: str, closers: str, words: str, ends: str = "", lower: bool = False) -> Style:
    """From compact tables: alternatives by `|`, entries `word=variant/variant` by `;`."""
    pairs = (entry.strip().partition("=") for entry in words.split(";"))
    marks = (entry.partition("=") for entry in ends.split(" ") if entry)
    return Style(
        openers=tuple(text.strip() for text in openers.split("|")),
        closers=tuple(text.strip() for text in closers.split("|")),
        words={word: tuple(variants.split("/")) for word, _, variants in pairs},
        ends={mark: new for mark, _, new in marks},
        lower=lower,
    )


STYLES: Mapping[str, Style] = {
    "archaic": _style(
        "pray, | prithee, | hark, | verily, | good sir, | hear me,",
        "I beseech thee. | by my troth. | so mote it be. | God keep thee.",
        "you=thou; the=ye; my=mine; does=doth; do=doth; has=hath; have=hath; is=be;"
        "what=what/whatsoever; tell=tell unto/declare to; people=folk; town=burgh/hamlet;"
        "there=yonder/therein; comes=cometh; reaches=reacheth; enters=entereth;"
        "visits=visiteth; knows=knoweth; know=wot; loves=loveth; lives=dwelleth; stays=abideth;"
        "old=olde; stranger=wayfarer; friends=kinsmen; children=bairns; belongs=belongeth;"
        "which=which/whichsoever; before=ere; call=yclepe; give=grant; says=saith; name=name forth",
    ),
    "tweet": _style(
        "hey | yo | omg | ok so | lol | guys | help",
        "lol | thx | pls share | #asking | #help | idk",
        "what=wut/wat; is=iz; the=da/teh; you=u; to=2; and=n; which=wich; people=ppl; tell=tel;"
        "does=duz; have=hav; that=dat; know=kno; known=kno; there=ther; for=4; before=b4; I=i;"
        "because=cuz; my=ma; give=gimme; name=nam; of=of/o; about=bout; somebody=sum1; would=wud",
        lower=True,
    ),
    "formal": _style(
        "esteemed sir, | with due respect, | for the record, | dear madam, | in this matter,",
        "yours faithfully. | a reply is requested. | kindly confirm in writing. | respectfully.",
        "what=precisely what/what exactly; which=which particular; tell=indicate to/report to;"
        "name=specify/designate; give=furnish; the=the said/the; town=municipality/township;"
        "place=locality; people=residents/inhabitants; know=ascertain; has=possesses;"
        "have=possess; of=pertaining to/of; there=therein; visits=attends; visit=attend;"
        "describe=characterise; say=state; somebody=any person; call=term; wonder=enquire;"
        "because=inasmuch as; before=prior to when; belongs=appertains; ask=enquire",
    ),
    "pirate": _style(
        "arr, | ahoy, | avast, | shiver me timbers, | yo ho, | blimey,",
        "arr. | yo ho ho. | savvy? | matey. | ye scurvy dog.",
        "you=ye; my=me; the=th'; is=be; of=o'; and=an'; people=mateys/buccaneers; town=port;"
        "there=yonder; stranger=scallywag; friends=shipmates; children=cabin boys; to=t';"
        "tell=be tellin'; give=hand over t'; know=be knowin'; old=salty; does=do; has=be havin';"
        "have=be havin'; what=what/what in blazes; name=sing out; call=hail as; that=that there",
    ),
    "telegraphic": _style(
        "urgent: | wire: | attention: | dispatch: | priority:",
        "stop. | reply urgent. | over. | end message. | await answer.",
        "the=; a=; of=/re; is=; does=; do=; me=; to=; what=query/request; which=identify;"
        "tell=send; give=send; you=addressee; and=plus; people=population; some=; one=single;"
        "my=sender's; that=; there=on site; describe=report; say=report; I=sender; it=same;"
        "somebody=person",
    ),
    "polite": _style(
        "excuse me, | pardon me, | begging your pardon, | sorry to trouble you, | good day,",
        "thank you kindly. | many thanks. | I am most grateful. | how good of you.",
        "what=what, may I ask,/what, please,; which=which, please,; tell=kindly tell/please tell;"
        "name=please name/kindly name; give=please give; describe=please describe; say=kindly say;"
        "people=good people; town=lovely town; the=the/the dear; is=is/would be; has=might have;"
        "know=humbly know; there=there, if I may,; stranger=gentle stranger; ask=gently ask;"
        "want=would love; does=does/would; have=kindly have; call=fondly call",
    ),
    "excited": _style(
        "wow! | oh boy! | guess what! | yay! | hooray! | oh my!",
        "so cool! | I can't wait! | amazing! | best day ever! | woohoo!",
        "the=the amazing/the/the super; is=is really/totally is; people=fantastic people;"
        "town=awesome town; what=what oh what/just what; tell=quick, tell; which=which exciting;"
        "has=totally has; have=really have; of=of/of wonderful; name=shout; know=so want to know;"
        "give=hurry and give; there=right there; does=ever does; one=one incredible",
        "?=?! .=! ;=!",
    ),
    "hesitant": _style(
        "um, | er, well, | hmm, | let me think, | uh, | so, er,",
        "I guess. | or something. | I think. | maybe. | not sure.",
        "the=the, uh,/the; what=what, er,/um, what; of=of, um,/of; which=which, eh,;"
        "tell=maybe tell; name=sort of name; is=is, er,/is; people=people, um,; has=kind of has;"
        "have=sort of have; there=there, er,; town=town, or village,; know=perhaps know;"
        "give=could you, er, give; does=does, uh,; a=a, um,; describe=kind of describe;"
        "that=that, you know,",
    ),
    "childlike": _style(
        "mummy, | teacher, | daddy, | hey hey, | granny, | look look,",
        "pretty please! | I wanna know! | why why why? | tell me tell me! | hee hee!",
        "what=whats/what thingy; people=grown ups; tell=tell tell; town=townie; does=do; has=gots;"
        "have=gots; know=wanna know; the=the teeny/the big big; of=of/from; you=you you;"
        "my=my very own; old=oldie; stranger=silly stranger; name=say say; give=gimme; is=is is/is;"
        "there=over there; which=which one; somebody=some lady; describe=draw",
    ),
    "poetic": _style(
        "o moonlit muse, | o silent stars, | sing, gentle wind: | in twilight, | o dreamer,",
        "so sighs the night. | sweet as a dream. | like dew on dawn. | thus drifts my song.",
        "the=the fair/the dreaming/the; town=vale/silent vale; people=dreamers; tell=whisper to;"
        "of=of sweet/of; there=beneath that sky; name=softly sing; know=yearn to know;"
        "what=what, ah what,/what; which=which tender; is=is ever/is; has=cradles; have=cradle;"
        "give=breathe to; describe=paint; say=murmur; old=timeless; a=a wistful; one=one lone",
    ),
    "rustic": _style(
        "well now, | howdy, | shucks, | lookee here, | dagnabbit, | mornin',",
        "I reckon. | y'hear. | sure as sunrise. | by gum. | dontcha know.",
        "the=that there/this here; people=folks; you=y'all; what=what in tarnation/what;"
        "know=figure; tell=holler to; does=do; of=over in/of; town=holler; my=mah; is=is/ain't but;"
        "has=done got; have=done got; there=yonder way; which=whichever; name=call out; give=fetch;"
        "old=ol'; children=young'uns; stranger=drifter; a=a dang; belongs=rightly belongs;"
        "call=reckon as",
    ),
    "scholarly": _style(
        "to begin the inquiry, | per the literature, | in this treatise, | strictly speaking,",
        "see the appendix. | citation needed. | further study is advised. | quod vide.",
        "what=what, hypothetically,/what, empirically,; the=the putative/the; tell=enumerate for;"
        "of=attested at/of; town=settlement; people=informants; know=posit; name=classify;"
        "which=which documented; is=is demonstrably/is; has=exhibits; have=exhibit;"
        "give=adduce for; there=in situ; describe=delineate; say=postulate; call=denote as;"
        "old=historical; belongs=is attributed; one=one salient; a=a notional",
    ),
    "brusque": _style(
        "you there! | listen. | quick. | move it. | oi! | enough.",
        "now! | hurry up. | no excuses. | be quick. | and no dawdling.",
        "tell=spit out to; what=what the blazes/what; the=the blasted/the wretched;"
        "people=slowpokes; you=you lot; of=of blinking/of; town=dump; name=out with; give=hand;"
        "know=hear; is=is/even is; which=which wretched; there=over there; my=my useless;"
        "stranger=nobody; describe=cough up; has=bothers with; have=bother with; say=blurt out;"
        "a=a rotten; one=one lousy",
    ),
}  # fmt: skip

NAMES: tuple[str, ...] = ("plain", *STYLES)


def write(style: str, text: str, choose: Choice) -> str:
    """Write the text in a style, with capitals where sentences start."""
    if style == "plain":
        return capitals(text)
    rules = STYLES[style]
    words = rules.words
    text = _WORD.sub(lambda m: choose(words[m[0]]) if m[0] in words else m[0], text)
    for mark, new in rules.ends.items():
        text = text.replace(mark, new)
    openers, closers = choose(((1, 0), (0, 1), (1, 1), (1, 1)))
    if openers:
        text = f"{choose(rules.openers)} {text}"
    if closers:
        text = f"{text} {choose(rules.closers)}"
    text = _UNTIDY.sub("", text)
    return text if rules.lower else capitals(text)


def capitals(text: str) -> str:
    """Capitalise the first letter of every sentence."""
    return _START.sub(lambda m: m[0].upper(), text)
