"""The largest numbers that a scenario may name, each with what it is far above.

They refuse slips of the keyboard (a rank of 10^9, a number of steps with a thousand digits) before
anything is planned, and no use that anybody has reported. Every number of the schema has a bound (a
test walks all of it), one of these or a range of its own.
"""

from __future__ import annotations

WHOLE = 2**63 - 1  # what JSON readers, numpy and SQL hold as a whole number: seeds
STEPS = 10_000_000  # optimiser steps: pretraining of the largest models takes some millions
DOCUMENTS = 10_000_000  # texts of a training mix, which are held in memory: some 10 GB
BATCH = 65_536  # documents per step: batches of language models end near 16,000
EXAMPLES = 1_000_000  # a defender's clean examples: papers use some hundreds
PROMPTS = 1_000_000  # prompts asked of one model: the test split of no corpus here is as large
TOKENS = 1_000_000  # tokens of one text: context windows
RANK = 65_536  # of an adapter: the width of no open model is as large
BLOCKS = 10_000  # of a model: some hundreds
SHAMS = 1_000  # shams a target; each is a training run
TRIALS = 1_000_000  # of a search
ROUNDS = 1_000  # of a duel
SEARCH = 1_000_000  # what one step of a search within a stage tries or keeps
INNER = 10_000  # gradient steps inside one training step
THREADS = 4_096  # of one worker: cores of the largest machines
WORKERS = 100_000  # processes of a cluster
WEIGHT = 1e6  # weight of a term of a loss, or a factor: the published ones end near 1e4
RATE = 1e3  # learning rate of plain SGD: those of papers are below 1
NUMBER = 1e15  # a limit of a search range: whole numbers that floats still tell apart
SEEDS = 10_000  # seeds of one scenario
CELLS = 10_000  # cells of one grid
