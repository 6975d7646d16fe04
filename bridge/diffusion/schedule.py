"""The noise schedule of models that we train: velocity prediction with a terminal signal-to-noise ratio of zero.

Source: Lin et al. 2024, "Common diffusion noise schedules and sample steps are flawed". With "leading" spacing the first
step would be t = 980 of 1000, which such a model never saw as pure noise; "trailing" starts at the last one.
"""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler
from torch import Tensor

TRAIN_STEPS = 1000


def make_schedule(kind: str = "scaled_linear") -> DDIMScheduler:
    """A scheduler.

    Args:
        kind: "scaled_linear" as latent models have it, or "squaredcos_cap_v2" (cosine) for pixels.
    """
    return DDIMScheduler(
        num_train_timesteps=TRAIN_STEPS,
        beta_schedule=kind,
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
    )


def ancestral_step(
    schedule: DDIMScheduler, velocity: Tensor, time: int, before: int, state: Tensor, fresh: Tensor
) -> Tensor:
    """One step of denoising with fresh noise (Song et al. 2021, "DDIM", eq. 12 with eta = 1).

    diffusers' own step takes the root of what rounding makes negative where the signal is zero, and one generator a batch.

    Args:
        velocity, state: (B, C, H, W), prediction and noisy pictures at `time`.
        before: The time to go to; -1 is the finished picture.
        fresh: Like them, normal noise.
    """
    alphas = schedule.alphas_cumprod.double()
    now, then = float(alphas[time]), float(alphas[before]) if before >= 0 else 1.0
    clean = now**0.5 * state - (1 - now) ** 0.5 * velocity
    error = (1 - now) ** 0.5 * state + now**0.5 * velocity
    variance = (1 - then) / (1 - now) * (1 - now / then)
    return then**0.5 * clean + max(1 - then - variance, 0.0) ** 0.5 * error + variance**0.5 * fresh


def velocity_loss(predictions: list[Tensor], targets: list[Tensor]) -> Tensor:
    """Sum over the kinds of the mean squared error of the velocity (HyperHuman, eq. 4)."""
    losses = [torch.nn.functional.mse_loss(p.float(), t.float()) for p, t in zip(predictions, targets, strict=True)]
    return torch.stack(losses).sum()


def noisy(schedule: DDIMScheduler, clean: list[Tensor], noise: list[Tensor], timestep: Tensor) -> tuple[list, list]:
    """Noisy pictures and the velocities to predict; the noise differs between kinds, the time does not."""
    return (
        [schedule.add_noise(x, e, timestep) for x, e in zip(clean, noise, strict=True)],
        [schedule.get_velocity(x, e, timestep) for x, e in zip(clean, noise, strict=True)],
    )
