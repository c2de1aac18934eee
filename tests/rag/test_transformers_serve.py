"""Our generator against a server that we did not write: `transformers serve` with a tiny model of random weights."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Rag
from rag.events import AnswerComplete, SentenceVerified, SourcesFound
from rag.settings import load_settings
from tests.rag.indexes import HANDBOOK, make_index

pytest.importorskip("openai", reason="the server needs the extra transformers[serving]")

QUESTION = "How many weeks of parental leave may employees take?"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
START_SECONDS = 90


def make_model(folder: Path) -> Path:
    """A Llama of one layer with random weights, and a BPE tokenizer trained on the handbook."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(HANDBOOK.values(), trainer)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers types only a part
        tokenizer_object=bpe, bos_token="<s>", eos_token="</s>"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The server's URL and the model's name; the process is ended by its id."""
    folder = tmp_path_factory.mktemp("served")
    model = make_model(folder / "model")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}/v1", str(model)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # the URL is loopback's, made above
            return bool(json.loads(answer.read()))
    except (urllib.error.URLError, OSError):
        return False


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        if is_healthy(url):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
    pytest.fail(f"transformers serve did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_the_wire_works_and_nonsense_is_not_shown_as_an_answer(
    served: tuple[str, str], tmp_path: Path, stream: bool
) -> None:
    url, model = served
    settings = load_settings(
        overrides={
            "embedder.model": "hashing",
            "generator.model": model,
            "generator.base_url": url,
            "generator.max_output_tokens": 48,
            "generator.window_tokens": 4096,
        }
    )
    with Rag.open(make_index(tmp_path / "i", HANDBOOK), settings=settings) as rag:
        if stream:
            events = list(rag.ask_stream(QUESTION))
            assert isinstance(events[0], SourcesFound)
            assert isinstance(events[-1], AnswerComplete)
            verified = [event.sentence for event in events if isinstance(event, SentenceVerified)]
            assert verified
            assert {sentence.verdict.label for sentence in verified} == {"unsupported"}
            answer = events[-1].answer
        else:
            answer = rag.ask(QUESTION)
    assert answer.model == model
    assert answer.usage.completion_tokens > 0
    assert not answer.usage.estimated
    assert answer.abstained
    assert answer.sentences == ()
    assert answer.citations[0].uri == "leave.md"
    assert answer.window.estimated
