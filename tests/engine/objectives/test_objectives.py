"""What each objective promises beside the contract of all."""

from itertools import combinations

import golden_fusion as golden
import objective_cases as cases
import pytest
import torch
from torch import nn

from engine.dataset import Samples
from engine.encoder import Tokens
from engine.losses.contrastive import clip_loss, info_nce
from engine.objective import Progress
from engine.objectives import infmasking
from engine.settings.experiment import SettingsError

PROGRESS = Progress(epoch=1, epochs=4, step=7, seed=3)
PAIR = ("scene", "speech")


def test_masks_change_with_step_rank_and_seed_where_there_are_any():
    places = [PROGRESS, Progress(1, 4, 8, 3), Progress(1, 4, 7, 3, rank=1), Progress(1, 4, 7, 4)]
    for method, distinct in (("infmasking", 4), ("mae", 4), ("comm", 1)):
        model = cases.objective(method, *PAIR)
        views = cases.views(model, PAIR, 6)
        assert len({model(views, place).loss.item() for place in places}) == distinct


@pytest.mark.parametrize("method", ["infmasking", "comm"])
def test_three_modalities_fuse(method):
    names = ("scene", "speech", "table")
    model = cases.objective(method, *names, fusion={"layers": 2})
    loss, terms = model(cases.views(model, names, 5), PROGRESS)
    assert loss.isfinite()
    assert [name for name in terms if name.startswith("align")] == [
        *(f"align_{name}" for name in names),
        "align_fusion",
    ]
    assert model.eval().represent(cases.view(names, 5, 1), ["table", "scene"]).shape == (5, 16)


def test_simclr_reads_one_modality():
    names = ("speech", "scene", "table")
    assert list(cases.objective("simclr", *names).encoders) == ["scene"]  # the first image
    assert list(cases.objective("simclr", "speech", "table").encoders) == ["speech"]
    model = cases.objective("simclr", *names, modality="table").eval()
    view = cases.view(names, 4, 1)
    assert torch.equal(model.represent(view), model.represent(view, ["table"]))
    with pytest.raises(
        SettingsError, match=r"^there is no representation of 'scene': the method reads only table$"
    ):
        model.represent(view, ["scene"])
    with pytest.raises(
        SettingsError, match=r"^simclr has no modality 'tabel' to work on; choose from speech, scene, table$"
    ):
        cases.objective("simclr", *names, modality="tabel")


@pytest.mark.parametrize("twice", ["scene", "speech"])
def test_slip_is_clip_and_simclr(twice):
    model = cases.objective("slip", *PAIR, modality=twice, self_weight=0.5)
    views = cases.views(model, PAIR, 6)
    loss, terms = model(views, PROGRESS)
    pair = [model.project(name, views[0][name]) for name in PAIR]
    clip = clip_loss(*pair, model.log_scale.exp()).loss
    simclr = info_nce(*(model.head(model.project(twice, view[twice])) for view in views), 0.1).loss
    torch.testing.assert_close(terms["contrast"], clip.detach())
    torch.testing.assert_close(terms[f"self_{twice}"], simclr.detach())
    torch.testing.assert_close(loss, clip + 0.5 * simclr)


def test_cmc_is_the_mean_over_pairs():
    names = ("scene", "speech", "table")
    model = cases.objective("cmc", *names)
    (view,) = cases.views(model, names, 6)
    loss, terms = model([view], PROGRESS)
    projected = {name: model.project(name, view[name]) for name in names}
    pairs = {
        f"align_{one}_{two}": info_nce(projected[one], projected[two], 0.1).loss
        for one, two in combinations(names, 2)
    }
    assert terms.keys() == pairs.keys() | {"accuracy"}
    torch.testing.assert_close(loss, torch.stack(list(pairs.values())).mean())


def test_supervised_is_the_mean_of_its_tasks_losses():
    model = cases.objective("supervised", *PAIR)
    views, labels = cases.views(model, PAIR, 6), cases.labels(model, 6)
    loss, terms = cases.step(model, views)
    word, tags, value = (head(model.represent(views[0])) for head in model.heads)
    by_hand = {
        "label_word": -word.log_softmax(-1)[torch.arange(6), labels["word"]].mean(),
        "label_tags": -torch.where(labels["tags"] == 1, tags.sigmoid(), 1 - tags.sigmoid()).log().mean(),
        "label_train": (value[:, 0] - labels["train"]).square().mean(),
    }
    torch.testing.assert_close(
        {name: terms[name] for name in by_hand}, {n: v.detach() for n, v in by_hand.items()}
    )
    torch.testing.assert_close(loss, torch.stack(list(by_hand.values())).mean())
    assert terms["accuracy"] == (word.argmax(-1) == labels["word"]).float().mean()


def test_supervised_trains_on_the_task_it_is_told():
    assert cases.objective("supervised", *PAIR, task="tags").label_names == ("tags",)
    with pytest.raises(
        SettingsError, match=r"^supervised has no task 'wrod' to train on; choose from word, tags, train$"
    ):
        cases.objective("supervised", *PAIR, task="wrod")
    with pytest.raises(SettingsError, match="choose from none, as the data set has no labels"):
        cases.build_objective(cases.experiment("supervised"), cases.modalities(*PAIR))


def test_terms_are_weighted_and_averaged():
    names = ("mask_view1", "mask_view2", "align_scene", "align_speech", "align_fusion")
    plain, weighted = (cases.objective("infmasking", *PAIR, term_weights=w) for w in (None, (1, 1, 1, 1, 5)))
    views = cases.views(plain, PAIR, 6)
    loss, terms = plain(views, PROGRESS)
    torch.testing.assert_close(loss, torch.stack([terms[name] for name in names]).mean())
    torch.testing.assert_close(weighted(views, PROGRESS).loss, loss + 4 / 5 * terms["align_fusion"])


@pytest.mark.parametrize(
    ("method", "weights", "message"),
    [
        (
            "infmasking",
            (1,) * 4,
            "needs 5 weights (mask_view1, mask_view2, align_scene, align_speech, align_fusion); got 4",
        ),
        ("comm", (1, 1), "needs 3 weights (align_scene, align_speech, align_fusion); got 2"),
    ],
)
def test_a_wrong_number_of_weights_is_told(method, weights, message):
    with pytest.raises(SettingsError) as error:
        cases.objective(method, *PAIR, term_weights=weights)
    assert str(error.value) == f"term_weights {message}"


@pytest.mark.parametrize("name", ["a.b", "values", "train"])
def test_modalities_may_have_names_that_torch_reserves(name):
    first, second = cases.modalities("table")[0], cases.modalities("table")[0]
    named = cases.Modality(name, first.kind, first.shape, first.encoder, first.augmentation)
    model = cases.build_objective(cases.experiment("comm"), [named, second])
    assert list(model.encoders) == [name, second.name]


def test_uniformity_is_subtracted():
    plain, spread = (cases.objective("infmasking", *PAIR, uniformity_weight=w) for w in (0.0, 0.1))
    views = cases.views(plain, PAIR, 6)
    loss, terms = spread(views, PROGRESS)
    torch.testing.assert_close(loss, plain(views, PROGRESS).loss - 0.1 * terms["uniformity"])


def test_without_variance_and_masks_of_nothing_a_masked_view_is_the_view():
    """At ρ = 0 every masked version equals its fusion, so the positive similarity is 1 and mean variance
    0."""
    model = cases.objective("infmasking", *PAIR, mask_ratio=0.0, masks=3).double()
    views = [
        {n: Samples(s.values.double(), s.is_padding) for n, s in view.items()}
        for view in cases.views(model, PAIR, 6)
    ]
    embeddings = model.embed(views, lambda tokens: tokens.is_valid[:, None].expand(-1, 3, -1))
    for plain, masked in zip(embeddings.plain, embeddings.masked, strict=True):
        torch.testing.assert_close(masked, plain[-1].expand_as(masked), rtol=1e-10, atol=1e-10)


def test_the_learned_scale_is_bounded():
    model = cases.objective("cross", *PAIR)
    assert model(cases.views(model, PAIR, 4), PROGRESS).terms["scale"] == pytest.approx(1 / 0.07)
    nn.init.constant_(model.log_scale, 10.0)
    assert model(cases.views(model, PAIR, 4), PROGRESS).terms["scale"] == 100


class _Linear(nn.Module):
    """A golden case's encoder: one linear layer giving tokens."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, samples):
        return Tokens(self.layer(samples.values), samples.is_padding)


@pytest.mark.parametrize("case_id", golden.of_kind("end_to_end"))
def test_golden_step_through_the_objective(case_id, monkeypatch):
    """The published loss and gradients of a whole step come out of the objective as a trainer calls it."""
    case, tensors = golden.load(case_id)
    options = case["loss_kwargs"]
    assert options.get("prototype", -1) == -1 and not options.get("only_mask_last")  # not among our settings
    reference = golden.GoldenFusion(case, tensors)
    count = len(reference.projections)
    own = {
        "temperature": options["temperature"],
        "variance_weight": options["mask_lambda"],
        "masks": golden.count_of(tensors, f"mask/aug1/{count}/"),
        "term_weights": options.get("weights"),
        "uniformity_weight": options.get("penalty") or 0.0,
    }
    model = cases.objective(
        "infmasking",
        *("table", "speech", "scene")[:count],
        fusion={"width": reference.fusion.norm.weight.numel(), "heads": case["n_heads"]},
        cross_views=options.get("cross", False),
        **own,
    ).double()
    names = list(model.encoders)
    for i, name in enumerate(names):
        model.encoders[name], model.tokenizers[name] = _Linear(reference.projections[str(i)]), nn.Identity()
    model.fusion, model.head = reference.fusion, reference.head
    views = [
        {
            name: Samples(values)
            for name, values in zip(names, golden.inputs_of(tensors, f"in/aug{v}/"), strict=True)
        }
        for v in (1, 2)
    ]

    def golden_masks(tokens, ratio, masks, generator):
        def kept(view, t):
            return torch.cat([tensors[f"mask/aug{view}/{count}/{t}/{m}"] for m in range(count)], 1)

        return torch.cat([torch.stack([kept(view, t) for t in range(masks)], 1) for view in (1, 2)]).bool()

    monkeypatch.setattr(infmasking, "draw_kept", golden_masks)
    loss, terms = model(views, Progress(epoch=case["epoch"], epochs=case["max_epochs"], step=0, seed=0))
    expected = case["expected"]
    assert loss.item() == pytest.approx(expected["loss"], rel=1e-9)
    for i, name in enumerate(["mask_view1", "mask_view2", *(f"align_{n}" for n in names), "align_fusion"]):
        assert terms[name].item() == pytest.approx(expected[f"ssl_loss_{i}"], rel=1e-9)
    assert 100 * terms["accuracy"].item() == pytest.approx(expected["ssl_acc"], rel=1e-9)
    loss.backward()
    gradients = {golden.our_name(name): value for name, value in golden.part(tensors, "grad/").items()}
    largest = max(value.abs().max().item() for value in gradients.values())
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(
            parameter.grad, golden.as_ours(name, gradients[name]), rtol=1e-9, atol=1e-11 * largest
        )
