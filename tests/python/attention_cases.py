"""Random options and inputs of attention and transformers."""

from layer_draws import flag, given, mask, pick, several, size, some


def causal(length):
    values = [int(j > i) for i in range(length) for j in range(length)]
    return {"values": values, "dtype": "bool", "shape": [length, length]}


def padding(r, n, length):
    """A mask of keys, most with the padding behind the sequence; without a batch for none."""
    if n is None or r.random() < 0.4:
        return mask(r, [length] if n is None else [n, length])
    lengths = [r.randint(1, length) for _ in range(n)]
    values = [int(i >= of) for of in lengths for i in range(length)]
    return {"values": values, "dtype": "bool", "shape": [n, length]}


def sequence(n, length, features, batch_first):
    if n is None:
        return [length, features]
    return [n, length, features] if batch_first else [length, n, features]


def attention(r):
    heads = pick(r, 1, 2, 2, 3, 4)
    size = heads * r.randint(1, 4)
    options = some(
        r,
        dropout=lambda: pick(r, 0.0, 0.3, 1.0),
        bias=flag(r),
        add_bias_kv=lambda: r.random() < 0.4,
        add_zero_attn=lambda: r.random() < 0.4,
        kdim=lambda: pick(r, size, size, r.randint(1, 6)),
        vdim=lambda: pick(r, size, size, r.randint(1, 6)),
        batch_first=lambda: r.random() < 0.8,
    )
    length, keys, n = r.randint(1, 5), r.randint(1, 5), pick(r, None, *range(1, 5))
    of = lambda count, features: sequence(n, count, features, options.get("batch_first", False))  # noqa: E731
    kdim, vdim = options.get("kdim", size), options.get("vdim", size)
    if kdim == vdim == size and r.random() < 0.6:
        tensors, keys = [of(length, size), 0, 0], length
    else:
        tensors = [of(length, size), of(keys, kdim), 1 if kdim == vdim and r.random() < 0.5 else of(keys, vdim)]
    pairs = mask(r, pick(r, [length, keys], [(n or 1) * heads, length, keys]))
    call = some(r, need_weights=flag(r), average_attn_weights=flag(r))
    if r.random() < 0.15:
        call["is_causal"] = True
        pairs = causal(length) if length == keys else None
    masks = given(key_padding_mask=padding(r, n, keys), attn_mask=pairs)
    return {"embed_dim": size, "num_heads": heads} | options, several(r, *tensors, call=call, **masks)


def transformer_options(r):
    heads = pick(r, 1, 2, 2, 2, 4)
    options = some(
        r,
        dim_feedforward=lambda: r.randint(1, 8),
        dropout=lambda: pick(r, 0.0, 0.3, 1.0),
        activation=lambda: pick(r, "relu", "gelu"),
        layer_norm_eps=lambda: pick(r, 1e-5, 1e-3),
        batch_first=lambda: r.random() < 0.8,
        norm_first=lambda: r.random() < 0.3,
        bias=lambda: r.random() < 0.7,
    )
    return {"d_model": heads * r.randint(1, 3), "nhead": heads} | options


def encoded(r, options, mask_name, layers):
    length, n = r.randint(1, 5), pick(r, None, *range(1, 5))
    src = sequence(n, length, options["d_model"], options.get("batch_first", False))
    pairs = pick(r, None, mask(r, pick(r, [length, length], [(n or 1) * options["nhead"], length, length])), causal(length))
    call = {}
    if r.random() < 0.3:
        call["is_causal"] = r.random() < 0.5 and (layers or pairs is not None)
    masks = given(**{mask_name: pairs, "src_key_padding_mask": padding(r, n, length) if r.random() < 0.7 else None})
    return several(r, src, call=call, **masks)


def encoder_layer(r):
    options = transformer_options(r)
    return options, encoded(r, options, "src_mask", False)


def encoder(r):
    layer = transformer_options(r)
    options = some(r, norm=flag(r), enable_nested_tensor=flag(r), mask_check=flag(r))
    given = encoded(r, layer, "mask", True)
    return {"encoder_layer": layer, "num_layers": r.randint(1, 3)} | options, given


def decoded(r, options, source=None):
    """A sequence and a memory, with masks of both."""
    length, keys, n = r.randint(1, 4), r.randint(1, 4), pick(r, None, *range(1, 4))
    of = lambda count: sequence(n, count, options["d_model"], options.get("batch_first", False))  # noqa: E731
    masks = given(
        tgt_mask=pick(r, None, mask(r, [length, length]), causal(length)),
        memory_mask=mask(r, [length, keys]),
        tgt_key_padding_mask=padding(r, n, length) if r.random() < 0.5 else None,
        memory_key_padding_mask=padding(r, n, keys) if r.random() < 0.5 else None,
    )
    call = {}
    if "tgt_mask" in masks and r.random() < 0.2:
        call["tgt_is_causal"] = r.random() < 0.5
    if "memory_mask" in masks and length == keys and r.random() < 0.2:
        call["memory_is_causal"] = r.random() < 0.5
    if source is None:
        return several(r, of(length), of(keys), call=call, **masks)
    masks |= given(src_mask=mask(r, [keys, keys]), src_key_padding_mask=padding(r, n, keys) if r.random() < 0.5 else None)
    if "src_mask" in masks and r.random() < 0.2:
        call["src_is_causal"] = r.random() < 0.5
    return several(r, of(keys), of(length), call=call, **masks)


def decoder_layer(r):
    options = transformer_options(r)
    return options, decoded(r, options)


def decoder(r):
    layer = transformer_options(r)
    return {"decoder_layer": layer, "num_layers": r.randint(1, 2)} | some(r, norm=flag(r)), decoded(r, layer)


def transformer(r):
    options = transformer_options(r) | {"num_encoder_layers": r.randint(1, 2), "num_decoder_layers": r.randint(1, 2)}
    return options, decoded(r, options, source=True)


ATTENTION = {
    "attention": {
        "MultiheadAttention": attention,
        "Transformer": transformer,
        "TransformerDecoder": decoder,
        "TransformerDecoderLayer": decoder_layer,
        "TransformerEncoder": encoder,
        "TransformerEncoderLayer": encoder_layer,
    },
}
