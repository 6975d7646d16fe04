"""Two experts in one denoising: where each is more certain, its noise is taken (saliency-adaptive noise fusion).

Source: Liu et al., Face-diffuser (arXiv 2311.10329). A scene model and a subject model each say how much their condition
changes the noise; smoothed and normalised over the picture, the larger answer wins each pixel. Early steps belong to the
scene, late ones to the subject.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Shares of the published schedule of 50 steps: up to 15 the scene alone, from 31 on the subject alone.
SCENE_UNTIL, SUBJECT_FROM = 15 / 50, 31 / 50


def saliency(delta: Tensor, scale: float, pool: int = 4) -> Tensor:
    """(B, 1, H, W): how much a condition changes the noise, smoothed.

    Args:
        delta: (B, C, H, W) noise with the condition minus noise without it.
        scale: Guidance.
        pool: Side of the mean filter; pictures smaller than it are averaged whole.
    """
    height, width = delta.shape[2:]
    side = min(pool, height, width)
    small = functional.avg_pool2d((scale * delta).abs(), side, ceil_mode=True)
    return functional.interpolate(small, size=(height, width), mode="bilinear", align_corners=False).mean(
        1, keepdim=True
    )


def subject_mask(scene: Tensor, subject: Tensor) -> Tensor:
    """(B, 1, H, W) bool: where the subject model is the more certain one; ties go to the scene.

    Args:
        scene, subject: (B, 1, H, W) saliencies; each is normalised by softmax over the picture.
    """
    first, second = (torch.log_softmax(s.flatten(1).double(), 1) for s in (scene, subject))
    return (second > first).view(subject.shape)


def fuse(
    step: int, steps: int, scene: tuple[Tensor, Tensor], subject: tuple[Tensor, Tensor], scale: float = 5.0
) -> Tensor:
    """The guided noise of one step.

    Args:
        step, steps: From 0.
        scene: (without text, with text) noise of the scene model.
        subject: (plain text, text with reference) noise of the subject model: its baseline is the plain text.
        scale: Guidance.
    Returns:
        (B, C, H, W): every pixel is one model's, whole.
    """
    scene_noise = scene[0] + scale * (scene[1] - scene[0])
    subject_noise = subject[0] + scale * (subject[1] - subject[0])
    share = (step + 1) / steps
    if share <= SCENE_UNTIL:
        return scene_noise
    if share >= SUBJECT_FROM:
        return subject_noise
    mask = subject_mask(saliency(scene[1] - scene[0], scale), saliency(subject[1] - subject[0], scale))
    return torch.where(mask, subject_noise, scene_noise)
