"""The fusion transformer over [CLS; tokens of all modalities; mask token], for all views of a sample at once
(docs/method.md#encoder-and-fusion).

Views come as weights over tokens (engine/nets/masking.py). Two paths give the same numbers:
- *one pass*, for one block with CLS pooling: the only query is the CLS token, and it is the same for every
  view and sample, so logits and values of a token are computed once and a view is nothing but a row added to
  the logits.
- *general*, for more blocks or mean pooling: each view runs its kept tokens and one weighted mask token,
  which is shorter than the tokens it stands for.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.settings.fusion import FusionSettings


class Attention(nn.Module):
    """Multi-head attention, optionally with one learned key and value more (`bias_kv`)."""

    def __init__(self, width: int, heads: int, layers: int, bias_kv: bool):
        super().__init__()
        self.heads = heads
        self.in_weight = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.in_bias = nn.Parameter(torch.zeros(3 * width))
        self.out = nn.Linear(width, width)
        nn.init.normal_(self.out.weight, std=width**-0.5 * (2 * layers) ** -0.5)
        nn.init.zeros_(self.out.bias)
        self.key_bias = nn.Parameter(torch.randn(width) * width**-0.5) if bias_kv else None
        self.value_bias = nn.Parameter(torch.randn(width) * width**-0.5) if bias_kv else None

    def forward(self, queries: Tensor, keys: Tensor, log_weights: Tensor) -> Tensor:
        """queries (b, r, d), keys (b, k, d), log_weights (b, k) added to the logits of every query → (b, r,
        d)."""
        weights, biases = self.in_weight.chunk(3), self.in_bias.chunk(3)
        q, k, v = (F.linear(x, w, b) for x, w, b in zip((queries, keys, keys), weights, biases, strict=True))
        if self.key_bias is not None and self.value_bias is not None:
            k = torch.cat([k, self.key_bias.to(k.dtype).expand(len(k), 1, -1)], 1)
            v = torch.cat([v, self.value_bias.to(v.dtype).expand(len(v), 1, -1)], 1)
            log_weights = F.pad(log_weights, (0, 1))
        q, k, v = (self._by_head(x).transpose(1, 2) for x in (q, k, v))
        # the mask must have the dtype of the inputs: torch 2.13's CPU kernel is silently wrong for float64
        # with a float32 mask
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=log_weights.to(q.dtype)[:, None, None])
        out: Tensor = self.out(attended.transpose(1, 2).flatten(2))
        return out

    def from_one_query(self, query: Tensor, keys: Tensor, log_weights: Tensor) -> Tensor:
        """query (d,), the same for all; keys (b, k, d); log_weights (b, v, k), one row a view → (b, v, d).

        Keys are never formed: q·(W_k x + b_k) = x·(W_kᵀ q) + q·b_k, one column a head.
        """
        (query_weight, key_weight, value_weight), biases = self.in_weight.chunk(3), self.in_bias.chunk(3)
        q = self._by_head(F.linear(query, query_weight, biases[0]))
        q = q / math.sqrt(q.shape[1])
        columns = torch.einsum("he,hed->hd", q, key_weight.view(*q.shape, -1).to(q.dtype))
        logits = F.linear(keys, columns, (q * biases[1].view_as(q)).sum(1))  # (b, k, h)
        values = self._by_head(F.linear(keys, value_weight, biases[2]))  # (b, k, h, e)
        if self.key_bias is not None and self.value_bias is not None:
            learned = (q * self.key_bias.view_as(q)).sum(1).to(logits.dtype)
            logits = torch.cat([logits, learned.expand(len(logits), 1, -1)], 1)
            values = torch.cat(
                [values, self.value_bias.view_as(q).to(values.dtype).expand(len(values), 1, -1, -1)], 1
            )
            log_weights = F.pad(log_weights, (0, 1))
        shares = (logits.transpose(1, 2)[:, :, None] + log_weights[:, None]).softmax(-1)  # (b, h, v, k)
        out: Tensor = self.out((shares.to(values.dtype) @ values.transpose(1, 2)).transpose(1, 2).flatten(2))
        return out

    def _by_head(self, x: Tensor) -> Tensor:
        """(…, d) → (…, heads, d / heads)."""
        return x.view(*x.shape[:-1], self.heads, -1)


class Block(nn.Module):
    """Pre-norm block: LayerNorm → attention → residual; LayerNorm → MLP of width 4d with QuickGELU →
    residual."""

    def __init__(self, width: int, heads: int, layers: int, bias_kv: bool):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, layers, bias_kv)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, 4 * width)
        self.mlp_out = nn.Linear(4 * width, width)
        nn.init.normal_(self.mlp_in.weight, std=(2 * width) ** -0.5)
        nn.init.normal_(self.mlp_out.weight, std=width**-0.5 * (2 * layers) ** -0.5)

    def forward(self, values: Tensor, log_weights: Tensor, queries: int | None = None) -> Tensor:
        """values (b, k, d), log_weights (b, k) → (b, k, d), or (b, queries, d) for only the first
        positions."""
        keys = self.attention_norm(values)
        return self._mlp(values[:, :queries] + self.attention(keys[:, :queries], keys, log_weights))

    def first_for_all_views(self, values: Tensor, log_weights: Tensor) -> Tensor:
        """The first position's output for every view: values (b, k, d) with one and the same first row,
        log_weights (b, v, k)."""
        keys = self.attention_norm(values)
        return self._mlp(values[:, :1] + self.attention.from_one_query(keys[0, 0], keys, log_weights))

    def _mlp(self, values: Tensor) -> Tensor:
        """values + W₂·QuickGELU(W₁·LayerNorm(values)), QuickGELU(x) = x·σ(1.702x) = SiLU(1.702x)/1.702.

        Written with SiLU and in place so that autograd keeps two tensors of width 4d instead of four.
        """
        hidden = F.silu(self.mlp_in(self.mlp_norm(values)).mul_(1.702)).div_(1.702)
        out: Tensor = values + self.mlp_out(hidden)
        return out


class Fusion(nn.Module):
    """Fuses tokens into a representation (b, d) for every view. `masks=False` leaves out the mask token,
    unused by CoMM."""

    def __init__(self, settings: FusionSettings, masks: bool):
        super().__init__()
        width, self.pool = settings.width, settings.pool
        self.cls_token = nn.Parameter(torch.randn(1, width)) if self.pool == "cls" else None
        self.mask_token = (
            nn.Parameter(nn.init.trunc_normal_(torch.empty(1, width), std=0.02)) if masks else None
        )
        heads, layers = settings.heads, settings.layers
        self.blocks = nn.ModuleList(Block(width, heads, layers, settings.bias_kv) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, values: Tensor, weights: Tensor) -> Tensor:
        """values (b, n, d) of all modalities' tokens; weights (b, v, n + 1) of the views, the mask token's
        last → (v, b, d)."""
        if len(self.blocks) == 1 and self.pool == "cls":
            return self.one_pass(values, weights)
        return self.general(values, weights)

    def _sequence(self, values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (b, n, d) and weights (b, v, n + 1) between the CLS and the mask token, where there are
        any."""
        parts = [values]
        if self.cls_token is not None:
            parts.insert(0, self.cls_token.expand(len(values), 1, -1))
            weights = F.pad(weights, (1, 0), value=1.0)
        if self.mask_token is not None:
            parts.append(self.mask_token.expand(len(values), 1, -1))
        else:
            weights = weights[..., :-1]
        return torch.cat(parts, 1), weights

    def one_pass(self, values: Tensor, weights: Tensor) -> Tensor:
        """All views in one attention call; only for one block with CLS pooling. Shapes as in `forward`."""
        sequence, weights = self._sequence(values, weights)
        (block,) = self.blocks
        assert isinstance(block, Block)
        out: Tensor = self.norm(block.first_for_all_views(sequence, weights.log()))
        return out.transpose(0, 1)

    def general(self, values: Tensor, weights: Tensor) -> Tensor:
        """Any number of blocks, any pooling: views that keep equally many tokens run as one batch. Shapes as
        in `forward`."""
        kept = weights[..., :-1] > 0
        lengths = kept.sum(-1).amax(0).tolist()
        fused: dict[int, Tensor] = {}
        for length in set(lengths):
            views = [view for view, other in enumerate(lengths) if other == length]
            first = (
                kept[:, views].to(torch.uint8).argsort(dim=-1, descending=True, stable=True)[..., :length]
            )  # (b, g, length)
            rows = torch.arange(len(values), device=values.device)[:, None, None]
            chosen = torch.cat([weights[:, views].gather(-1, first), weights[:, views, -1:]], -1)
            out = self._run(values[rows, first].flatten(0, 1), chosen.flatten(0, 1)[:, None])
            fused.update(zip(views, out.view(len(values), len(views), -1).unbind(1), strict=True))
        return torch.stack([fused[view] for view in range(len(lengths))])

    def tokens(self, values: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Every position's output where only the tokens `kept` (b, n) of values (b, n, d) are there → (b, k,
        d), is_there (b, k).

        Positions are CLS, where there is one, and the kept tokens in order, filled up to the most that a
        sample keeps.
        """
        length = int(kept.sum(-1).max())
        first = kept.to(torch.uint8).argsort(dim=-1, descending=True, stable=True)[:, :length]
        rows = torch.arange(len(values), device=values.device)[:, None]
        weights = F.pad(kept.gather(-1, first), (0, 1))[:, None].to(
            torch.float64 if values.dtype == torch.float64 else torch.float32
        )
        sequence, weights = self._sequence(values[rows, first], weights)
        weights = weights[:, 0]
        for block in self.blocks:
            sequence = block(sequence, _log(weights))
        return self.norm(sequence), weights > 0

    def _run(self, values: Tensor, weights: Tensor) -> Tensor:
        """One view a row: values (b, n, d), weights (b, 1, n + 1) → (b, d)."""
        sequence, weights = self._sequence(values, weights)
        weights = weights[:, 0]
        log_weights = _log(weights)
        for block in self.blocks[:-1]:
            sequence = block(sequence, log_weights)
        out: Tensor = self.norm(self.blocks[-1](sequence, log_weights, 1 if self.pool == "cls" else None))
        if self.pool == "cls":
            return out[:, 0]
        return (out * weights[..., None]).sum(1) / weights.sum(-1, keepdim=True).clamp(min=1)


def _log(weights: Tensor) -> Tensor:
    """Logarithms of weights (b, k); a row without any token (mean pooling of what is all padding) attends
    evenly instead."""
    return weights.log().masked_fill(weights.sum(-1, keepdim=True) == 0, 0.0)
