"""Language models of a few thousand weights, of the very classes that the catalog's models have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.backends.offline import prepare_offline

prepare_offline()

import torch  # noqa: E402  (the offline flags come first)
from transformers import (  # noqa: E402
    ApertusConfig,
    ApertusForCausalLM,
    CohereConfig,
    CohereForCausalLM,
    FalconConfig,
    FalconForCausalLM,
    FalconH1Config,
    FalconH1ForCausalLM,
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    GraniteConfig,
    GraniteForCausalLM,
    Jais2Config,
    Jais2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Ministral3Config,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    MistralForCausalLM,
    PixtralVisionConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SiglipVisionConfig,
)

Sizes = dict[str, Any]

SIZES: Sizes = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}


def llama(sizes: Sizes) -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**sizes))


def mistral(sizes: Sizes, *, window: int = 8) -> PreTrainedModel:
    """With a window far shorter than the prompts, as in the first Mistral 7B."""
    return MistralForCausalLM(MistralConfig(**sizes, sliding_window=window))


def mistral3(sizes: Sizes) -> PreTrainedModel:
    """Ministral 3: a text model behind a class that sees pictures, too."""
    vision = PixtralVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        head_dim=8,
        image_size=16,
        patch_size=4,
    )
    text = Ministral3Config(**sizes)
    return Mistral3ForConditionalGeneration(
        Mistral3Config(text_config=text, vision_config=vision, image_token_index=3, tie_word_embeddings=False)
    )


def gemma3(sizes: Sizes, *, window: int = 8) -> PreTrainedModel:
    """With windows far shorter than the prompts in all layers but the last, as in the real one."""
    return Gemma3ForCausalLM(_gemma3_text(sizes, window))


def gemma3_with_pictures(sizes: Sizes) -> PreTrainedModel:
    """The larger ones, whose class sees pictures, too, and is found among those for text."""
    vision = SiglipVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=4
    )
    text = _gemma3_text(sizes, window=8)
    return Gemma3ForConditionalGeneration(
        Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4, tie_word_embeddings=False)
    )


def _gemma3_text(sizes: Sizes, window: int) -> Gemma3TextConfig:
    layers = ["sliding_attention"] * (sizes["num_hidden_layers"] - 1) + ["full_attention"]
    # Its own output layer: random embeddings that are tied to it only repeat the last token.
    return Gemma3TextConfig(**sizes, sliding_window=window, layer_types=layers, tie_word_embeddings=False)


def _without_head_size(sizes: Sizes) -> Sizes:
    return {name: size for name, size in sizes.items() if name != "head_dim"}


def apertus(sizes: Sizes) -> PreTrainedModel:
    return ApertusForCausalLM(ApertusConfig(**_without_head_size(sizes)))


def cohere(sizes: Sizes) -> PreTrainedModel:
    return CohereForCausalLM(CohereConfig(**_without_head_size(sizes), tie_word_embeddings=False))


def granite(sizes: Sizes) -> PreTrainedModel:
    return GraniteForCausalLM(GraniteConfig(**_without_head_size(sizes)))


def jais2(sizes: Sizes) -> PreTrainedModel:
    return Jais2ForCausalLM(Jais2Config(**sizes))


def qwen2(sizes: Sizes) -> PreTrainedModel:
    return Qwen2ForCausalLM(Qwen2Config(**_without_head_size(sizes)))


def qwen3(sizes: Sizes) -> PreTrainedModel:
    return Qwen3ForCausalLM(Qwen3Config(**sizes))


def falcon(sizes: Sizes, **style: bool) -> PreTrainedModel:
    """The first Falcon, 7B: one key and value head for all queries."""
    elsewhere = {"intermediate_size", "num_key_value_heads", "head_dim"}
    own = {name: size for name, size in sizes.items() if name not in elsewhere}
    return FalconForCausalLM(FalconConfig(**own, ffn_hidden_size=sizes["intermediate_size"], **style))


def falcon_40b(sizes: Sizes) -> PreTrainedModel:
    """Groups of query heads, whose keys and values the model spreads out before it remembers them."""
    return falcon(sizes | {"num_kv_heads": 2}, new_decoder_architecture=True)


def falcon_alibi(sizes: Sizes) -> PreTrainedModel:
    """Falcon-RW: positions are a slope on the attention, not a rotation."""
    return falcon(sizes, alibi=True, multi_query=False, parallel_attn=False, bias=True)


def falcon_h1(sizes: Sizes) -> PreTrainedModel:
    """Attention and state space side by side: its memory is more than keys and values."""
    state_space = {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_chunk_size": 8}
    return FalconH1ForCausalLM(FalconH1Config(**sizes, **state_space))


TINY: dict[str, Callable[[Sizes], PreTrainedModel]] = {
    "llama": llama,
    "mistral": mistral,
    "mistral3": mistral3,
    "gemma3": gemma3,
    "gemma3_with_pictures": gemma3_with_pictures,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "falcon": falcon,
    "falcon_40b": falcon_40b,
    "falcon_alibi": falcon_alibi,
    "falcon_h1": falcon_h1,
    "apertus": apertus,
    "cohere": cohere,
    "granite": granite,
    "jais2": jais2,
}


def with_random_weights(name: str, vocabulary: int) -> PreTrainedModel:
    """Weights large enough that the likeliest token is no matter of rounding."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = TINY[name](SIZES | {"vocab_size": vocabulary}).eval()
        for weights in model.parameters():
            if weights.dim() > 1:
                torch.nn.init.normal_(weights, std=0.3)
    return model
