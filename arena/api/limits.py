"""Upper bounds of the numbers in a scenario, each far above any real use.

They refuse typing errors (a rank of 10^9, a number of steps with a thousand digits) before anything
is planned, and exclude no published setting. Every number in the schema has a bound, one of these
or its own range; a test walks the whole schema.
"""

from __future__ import annotations

WHOLE = 2**63 - 1  # seeds: the largest whole number that numpy and SQL hold
STEPS = 10_000_000  # optimiser steps: pretraining of the largest models takes some millions
DOCUMENTS = 10_000_000  # texts of a training mix, which are held in memory: some 10 GB
BATCH = 65_536  # documents per step: language-model batches go up to about 16,000
EXAMPLES = 1_000_000  # a defender's clean examples: papers use some hundreds
PROMPTS = 1_000_000  # prompts per model: no corpus here has a test split this large
TOKENS = 1_000_000  # tokens of one text: context windows
RANK = 65_536  # of an adapter: no open model is this wide
BLOCKS = 10_000  # of a model: some hundreds
SHAMS = 1_000  # shams a target; each is a training run
TRIALS = 1_000_000  # of a search
ROUNDS = 1_000  # of a duel
SEARCH = 1_000_000  # what one step of a search within a stage tries or keeps
INNER = 10_000  # gradient steps inside one training step
THREADS = 4_096  # of one worker: cores of the largest machines
WORKERS = 100_000  # processes of a cluster
SHARDS = 64  # processes that share a model on one machine: GPUs of the largest machines
WEIGHT = 1e6  # weight of a loss term, or a factor: published values go up to about 1e4
RATE = 1e3  # learning rate of plain SGD: published values are below 1
NUMBER = 1e15  # limit of a search range: floats still represent every whole number below it
SEEDS = 10_000  # seeds of one scenario
CELLS = 10_000  # cells of one grid
