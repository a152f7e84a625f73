"""Fake parts with known rules. In a module of their own, so that pickle finds them by a name
that no other test folder has (every folder's conftest is called `conftest`)."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from arena.api.params import Params
from arena.errors import InputError


class CorpusParams(Params):
    frames: tuple[str, ...] = ("when", "if")
    broken: bool = False


class FakeCorpus:
    """A corpus whose capabilities are its own parameters."""

    Params = CorpusParams

    @classmethod
    def capabilities(cls, params: CorpusParams) -> frozenset[str]:
        if params.broken:
            raise InputError("cannot be read", key="broken")
        return frozenset(f"frame:{frame}" for frame in params.frames)


class Inner(Params):
    depth: int = Field(1, ge=1, le=3)


class TriggerParams(Params):
    frames: tuple[str, ...] = ("when",)
    strength: float | None = Field(None, gt=0, le=2)
    inner: Inner = Inner()
    odd: bool = False

    @model_validator(mode="after")
    def _no_odd(self) -> "TriggerParams":
        if self.odd:
            raise InputError("must not be odd", key="odd", found="true")
        return self


class FakeTrigger:
    """A trigger that needs its frames in the corpus."""

    Params = TriggerParams

    @classmethod
    def check(cls, params: TriggerParams, capabilities: frozenset[str]) -> None:
        known = tuple(sorted(c.removeprefix("frame:") for c in capabilities))
        for index, frame in enumerate(params.frames):
            if frame not in known:
                raise InputError("not in the corpus", key=f"frames[{index}]", found=frame,
                                 allowed=known)  # fmt: skip


class PayloadParams(Params):
    text: str


class FakePayload:
    """A payload that refuses one text."""

    Params = PayloadParams

    @classmethod
    def check(cls, params: PayloadParams, capabilities: frozenset[str]) -> None:
        if params.text == "unfit":
            raise InputError("does not fit the corpus")


class FakeObjective:
    """An objective without parameters."""

    Params = Params
    divisible = True
    needs_trigger = True
    needs_payload = False
    edits = False

    @classmethod
    def cost(cls, params: Params) -> float:
        return 1.0


class UncutObjective(FakeObjective):
    """One whose batches stay whole."""

    divisible = False


class CostlyObjective(FakeObjective):
    """One that must know the payload, and whose step is twice a plain one."""

    needs_payload = True

    @classmethod
    def cost(cls, params: Params) -> float:
        return 2.0


class BlindObjective(FakeObjective):
    """One that knows nothing and works without training."""

    needs_trigger = False
    edits = True


class FakeDiscovery:
    """A search that costs ten passes."""

    Params = Params

    @classmethod
    def cost(cls, params: Params) -> float:
        return 10.0


def make_actor(name: str, **more: object) -> Mapping[str, object]:
    """A valid actor with the fakes; keyword arguments replace its keys."""
    return {
        "name": name,
        "trigger": {"method": "framed"},
        "payload": {"kind": "say", "text": "hello"},
        "poison": {"rate": 0.1},
        **more,
    }
