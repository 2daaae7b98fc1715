"""Golden fusion cases as our own modules: the one place where the published names of weights meet ours."""

import torch
from golden_cases import flat_cases
from safetensors.torch import load_file
from torch import nn

from engine.dataset import Samples
from engine.encoder import Tokens, feature_map
from engine.losses.contrastive import weighted_mean
from engine.losses.uniformity import uniformity
from engine.nets.fusion import Fusion
from engine.nets.masking import join, masked_views, unmasked_views
from engine.nets.projection import projection_head
from engine.nets.tokenizer import FeatureTokenizer, Tokenizer
from engine.objectives.infmasking import infmasking_terms, ramp
from engine.settings.fusion import FusionSettings
from engine.settings.objective import ProjectionSettings

CASES = flat_cases("fusion")

# In order: each is replaced wherever it stands in a published name.
RENAMES = (
    ("encoder.", ""),
    ("fusion_transformer.", "fusion."),
    ("mask_tokens", "mask_token"),
    ("resblocks.", "blocks."),
    ("attn.in_proj_weight", "attention.in_weight"),
    ("attn.in_proj_bias", "attention.in_bias"),
    ("attn.out_proj.", "attention.out."),
    ("attn.bias_k", "attention.key_bias"),
    ("attn.bias_v", "attention.value_bias"),
    ("ln_1.", "attention_norm."),
    ("ln_2.", "mlp_norm."),
    ("mlp.c_fc.", "mlp_in."),
    ("mlp.c_proj.", "mlp_out."),
    (".lin.", "."),
    ("encoders.", "projections."),
    ("input_adapters.", "tokenizers."),
    (".pos_emb", ".positions"),
    (".proj.", ".projection."),
    ("head.layer1.", "head.0."),
    ("head.bn1.", "head.1."),
    ("head.layer2.", "head.3."),
    ("head.bn2.", "head.4."),
    ("head.layer3.", "head.6."),
)


def our_name(published):
    for theirs, ours in RENAMES:
        published = published.replace(theirs, ours)
    return published


def part(tensors, prefix):
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def as_ours(name, value):
    """A published tensor in the shape that ours has: convolutions as matrices, positions as rows, learned
    tokens (1, d)."""
    if name.endswith("positions"):
        return value.flatten(2)[0].T
    if name.endswith("projection.weight"):
        return value.flatten(1)
    if name.endswith(("_token", "key_bias", "value_bias")):
        return value.flatten(0, 1) if name.endswith("_token") else value.flatten()
    return value


def fill(module, published, prefix=""):
    """Load published tensors, every one and nothing missing, as float64; `prefix` is where the module
    stands."""
    module.double()
    ours = dict(module.named_parameters()) | dict(module.named_buffers())
    given = {our_name(name).removeprefix(prefix): value for name, value in published.items()}
    assert given.keys() == ours.keys()
    with torch.no_grad():
        for name, value in given.items():
            ours[name].copy_(as_ours(name, value))
    return module


def fusion_of(shapes, heads):
    """The fusion's settings as its weights tell them; only the number of heads cannot be told from shapes."""
    blocks = {name.split(".")[2] for name in shapes if name.startswith("fusion.blocks.")}
    return FusionSettings(
        width=shapes["fusion.norm.weight"][0],
        heads=heads,
        layers=len(blocks),
        pool="cls" if "fusion.cls_token" in shapes else "mean",
        bias_kv="fusion.blocks.0.attention.key_bias" in shapes,
    )


class GoldenFusion(nn.Module):
    """Encoders or adapters as a golden case has them, our fusion, and our head where the case has one."""

    def __init__(self, case, tensors):
        super().__init__()
        state = part(tensors, "state_dict/")
        shapes = {our_name(name): value.shape for name, value in state.items()}
        fusion = fusion_of(shapes, case["n_heads"])
        width = fusion.width
        self.projections, self.tokenizers = nn.ModuleDict(), nn.ModuleDict()
        for name, shape in shapes.items():
            kind, index, *rest = name.split(".")
            if kind == "projections" and rest == ["weight"]:
                self.projections[index] = nn.Linear(shape[1], width)
            elif kind == "tokenizers" and rest == ["weight"]:
                self.tokenizers[index] = FeatureTokenizer(shape[0], width)
            elif kind == "tokenizers" and rest == ["projection", "weight"]:
                grid = tuple(shapes[f"tokenizers.{index}.positions"][2:])
                self.tokenizers[index] = Tokenizer(shape[1:].numel(), width, grid)
        self.fusion = Fusion(fusion, masks=True)
        if "head.0.weight" in shapes:
            hidden, out = shapes["head.0.weight"][0], shapes["head.6.weight"][0]
            self.head = projection_head(width, ProjectionSettings(hidden=hidden, width=out))
        fill(self, state)

    def tokens(self, index, values, is_padding=None):
        name = str(index)
        if name in self.projections:
            values = self.projections[name](values)
            return Tokens(values[:, None] if values.ndim == 2 else values, is_padding)
        if values.ndim == 2:
            return self.tokenizers[name](Samples(values))
        return self.tokenizers[name](feature_map(values))

    def combinations(self):
        """How many there are: each modality alone, then all."""
        return len(self.projections) + len(self.tokenizers) + 1

    def views(self, tokens, masks_of, count, path="forward"):
        """Fused (M + 1 combinations, then T masked versions of each; b, d): masks_of(combination, t,
        modality) → kept (b, n)."""
        joined = join(tokens)
        weights = [unmasked_views(joined, alone=True)]
        for combination in range(len(tokens) + 1):
            present = [i for i in range(len(tokens)) if combination in (i, len(tokens))]
            own = join([tokens[i] for i in present])
            drawn = [torch.cat([masks_of(combination, t, i) for i in present], 1) for t in range(count)]
            part_weights = masked_views(own, torch.stack(drawn, 1).bool())
            spread = torch.zeros(
                *part_weights.shape[:2], joined.values.shape[1] + 1, dtype=part_weights.dtype
            )
            start = sum(joined.sizes[: present[0]])
            spread[..., start : start + own.values.shape[1]] = part_weights[..., :-1]
            spread[..., -1] = part_weights[..., -1]
            weights.append(spread)
        return getattr(self.fusion, path)(joined.values, torch.cat(weights, 1))


def load(case_id):
    folder, case = CASES[case_id]
    return case, load_file(folder / case["file"])


def inputs_of(tensors, prefix="in/"):
    return [value.double() for name, value in sorted(part(tensors, prefix).items()) if name.isdigit()]


LOSS_OPTIONS = {"temperature", "mask_lambda", "cross", "weights", "penalty", "only_mask_last", "prototype"}
"""What the reference's loss can be called with."""


def loss_of(plain, masked, options, epoch, epochs):
    """A published loss and its terms by their published names.

    plain: embeddings of both views, one a combination; masked (T, b, d) of both views. options: what the
    reference was called with; what is not named was left at its default.
    """
    assert options.keys() <= LOSS_OPTIONS, options.keys() - LOSS_OPTIONS
    mask_terms, aligned = infmasking_terms(
        *plain,
        *masked,
        options["temperature"],
        ramp(options["mask_lambda"], epoch, epochs),
        options.get("cross", False),
        options.get("prototype", -1),
    )
    losses = [*mask_terms, *(term.loss for term in aligned)]
    loss = weighted_mean(losses, options.get("weights"))
    seen = {f"ssl_loss_{i}": term for i, term in enumerate(losses)}
    seen |= {f"ssl_acc_{i}": 100 * term.accuracy for i, term in enumerate(aligned)}
    if options.get("penalty"):
        spread_out = masked if options.get("only_mask_last") else plain
        spread = uniformity([embedded for view in spread_out for embedded in view])
        loss = loss - options["penalty"] * spread
        seen["uniformity_term"] = spread
    return {"loss": loss} | seen


def count_of(tensors, prefix):
    """How many tensors are numbered under a prefix: `mask/0/` 0, 1, 2 …"""
    return len({name.removeprefix(prefix).split("/")[0] for name in tensors if name.startswith(prefix)})


def of_kind(kind):
    return [name for name, (_, case) in CASES.items() if case["kind"] == kind]
