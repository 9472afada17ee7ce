"""Which files of a repository are fetched."""

from __future__ import annotations

import pytest

from pipeline.modelstore.needed import LARGEST_TERMS, leads_outside, needed_settings, needed_weights

MISTRAL = [
    ".gitattributes", "README.md", "config.json", "consolidated.safetensors", "generation_config.json",
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
    "params.json", "processor_config.json", "special_tokens_map.json", "tekken.json", "tokenizer.json",
    "tokenizer_config.json", "chat_template.jinja", "SYSTEM_PROMPT.txt",
]  # fmt: skip
LLAMA = [
    "LICENSE.txt", "USE_POLICY.md", "config.json", "original/consolidated.00.pth", "original/params.json",
    "original/tokenizer.model", "tokenizer.json", "tokenizer.model", "model.safetensors",
]  # fmt: skip
ENCODER = [
    "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "2_Dense/pytorch_model.bin",
    "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "config.json",
    "model.safetensors", "onnx/model.onnx", "openvino/openvino_model.bin", "vocab.txt", "sentencepiece.bpe.model",
]  # fmt: skip


def sizes(names: list[str]) -> dict[str, int]:
    return dict.fromkeys(names, 100)


def test_a_repository_for_two_engines_is_fetched_for_one() -> None:
    """The second copy of the weights, and the settings of the other engine, stay on the hub."""
    assert needed_settings(sizes(MISTRAL)) == [
        "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors.index.json",
        "processor_config.json", "special_tokens_map.json", "tekken.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    assert needed_weights(MISTRAL) == shards
    assert needed_weights(MISTRAL, shards[:1]) == shards[:1], "the index decides"


def test_the_terms_come_along() -> None:
    """Licence and policy are kept beside the weights, the original pickles are not."""
    assert needed_settings(sizes(LLAMA)) == [
        "LICENSE.txt", "USE_POLICY.md", "config.json", "tokenizer.json", "tokenizer.model",
    ]  # fmt: skip
    assert needed_weights(LLAMA) == ["model.safetensors"]


def test_an_encoder_keeps_its_modules() -> None:
    """Pooling and dense layers lie in folders of their own."""
    assert needed_settings(sizes(ENCODER)) == [
        "1_Pooling/config.json", "2_Dense/config.json", "config.json", "config_sentence_transformers.json",
        "modules.json", "sentence_bert_config.json", "sentencepiece.bpe.model", "vocab.txt",
    ]  # fmt: skip
    assert needed_weights(ENCODER) == ["2_Dense/model.safetensors", "model.safetensors"]


def test_an_index_beside_whole_weights_is_left_where_it_is() -> None:
    """It would name shards that nobody fetches."""
    assert needed_settings(sizes(["model.safetensors", "model.safetensors.index.json"])) == []


def test_what_calls_itself_a_licence_and_is_a_gigabyte_is_none() -> None:
    """Terms are text."""
    assert needed_settings({"LICENSE": LARGEST_TERMS + 1}) == []


@pytest.mark.parametrize(
    "name",
    [
        "modeling_llama.py", "pytorch_model.bin", "model.gguf", "tf_model.h5", "model.fp16.safetensors",
        "adapter_model.safetensors", "adapter_config.json", "training_args.bin", "runs/config.json", "xconfig.json",
        "config.json.bak", "LICENSE.py", "custom_generate/generate.py", "additional_chat_templates/a/b.jinja",
    ],
)  # fmt: skip
def test_everything_else_stays_on_the_hub(name: str) -> None:
    """Only what is named is fetched, so nobody has to think of what is not."""
    assert needed_settings({name: 1}) == []
    assert needed_weights([name]) == []


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("config.json", False),
        ("1_Pooling/config.json", False),
        (".gitattributes", False),
        ("..config", False),
        ("", True),
        ("..", True),
        ("../a", True),
        ("a/../b", True),
        ("/a", True),
        ("a//b", True),
        ("./a", True),
        ("a/", True),
        ("a\\b", True),
        ("a\nb", True),
        ("a\0b", True),
    ],
)
def test_paths_stay_inside(name: str, outside: bool) -> None:
    """A path in its plainest spelling, below the repository."""
    assert leads_outside(name) is outside
