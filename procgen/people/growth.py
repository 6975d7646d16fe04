"""Stature and body mass by age and sex, from published tables.

Sources:
    0-2 years: WHO Child Growth Standards 2006, length-, weight- and BMI-for-age: medians and coefficients of variation.
    2-20 years: Kuczmarski et al. 2002, CDC growth charts 2000, Vital Health Stat 11(246), stature-, weight- and
        BMI-for-age: medians and coefficients of variation at each birthday, rounded to the last digit written here.
    20+ years: Fryar et al. 2025, Anthropometric Reference Data for Children and Adults: United States, August 2021 to
        August 2023, Vital Health Stat 3(50), tables 3, 7 and 10: means by sex and ten years of age, written at the middle
        of each decade ("80 and older" from 85 on). Spread: logarithm of the 95th over the 5th percentile, over 3.29,
        of height (all adults) and of BMI (by decade).

Body mass varies at a given stature: its spread is that of BMI. (Lengths below two years are lying, statures standing.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Columns of all four tables: age in years, boys and men, girls and women.
STATURE_CM = np.array(
    [
        (0.0, 49.9, 49.1), (0.25, 61.4, 59.8), (0.5, 67.6, 65.7), (0.75, 72.0, 70.1), (1.0, 75.7, 74.0),
        (1.5, 82.3, 80.7), (2.0, 86.5, 85.0), (3.0, 95.0, 93.9), (4.0, 102.2, 100.8), (5.0, 108.9, 107.7),
        (6.0, 115.4, 114.7), (7.0, 121.8, 121.5), (8.0, 127.9, 127.6), (9.0, 133.5, 132.9), (10.0, 138.6, 138.0),
        (11.0, 143.5, 144.0), (12.0, 149.1, 151.2), (13.0, 156.1, 157.2), (14.0, 163.8, 160.4), (15.0, 169.9, 161.9),
        (16.0, 173.5, 162.5), (17.0, 175.3, 162.9), (18.0, 176.2, 163.1), (19.0, 176.6, 163.3), (20.0, 176.8, 163.3),
        (25.0, 176.3, 163.5), (35.0, 176.1, 162.5), (45.0, 176.4, 161.7), (55.0, 174.3, 161.2), (65.0, 174.7, 160.5),
        (75.0, 172.4, 158.3), (85.0, 170.5, 156.8), (100.0, 170.5, 156.8),
    ]
)  # fmt: skip
MASS_KG = np.array(
    [
        (0.0, 3.35, 3.23), (0.25, 6.38, 5.85), (0.5, 7.93, 7.30), (0.75, 8.90, 8.23), (1.0, 9.65, 8.95),
        (1.5, 10.94, 10.23), (2.0, 12.67, 12.06), (3.0, 14.33, 13.87), (4.0, 16.23, 15.79), (5.0, 18.39, 17.93),
        (6.0, 20.68, 20.24), (7.0, 23.07, 22.76), (8.0, 25.64, 25.63), (9.0, 28.55, 28.99), (10.0, 31.94, 32.89),
        (11.0, 35.89, 37.21), (12.0, 40.47, 41.65), (13.0, 45.59, 45.82), (14.0, 51.00, 49.36), (15.0, 56.28, 52.04),
        (16.0, 60.92, 53.88), (17.0, 64.57, 55.14), (18.0, 67.20, 56.19), (19.0, 69.12, 57.30), (20.0, 70.60, 58.22),
        (25.0, 86.8, 74.8), (35.0, 91.4, 80.9), (45.0, 95.3, 80.4), (55.0, 92.1, 81.6), (65.0, 89.2, 77.5),
        (75.0, 87.7, 73.8), (85.0, 81.7, 67.9), (100.0, 81.7, 67.9),
    ]
)  # fmt: skip
# Standard deviation of stature over its mean.
STATURE_CV = np.array(
    [
        (0.0, 0.038, 0.038), (0.5, 0.032, 0.035), (1.0, 0.031, 0.035), (1.5, 0.033, 0.036), (2.0, 0.040, 0.041),
        (5.0, 0.043, 0.044), (10.0, 0.048, 0.049), (11.0, 0.049, 0.051), (12.0, 0.050, 0.049), (13.0, 0.050, 0.044),
        (14.0, 0.049, 0.041), (15.0, 0.046, 0.040), (17.0, 0.042, 0.040), (20.0, 0.040, 0.040), (25.0, 0.043, 0.042),
        (100.0, 0.043, 0.042),
    ]
)  # fmt: skip
# Standard deviation of the logarithm of body mass at a given stature.
MASS_LOG_SD = np.array(
    [
        (0.0, 0.096, 0.093), (1.0, 0.080, 0.088), (2.0, 0.081, 0.086), (4.0, 0.072, 0.079), (6.0, 0.083, 0.093),
        (8.0, 0.102, 0.117), (10.0, 0.120, 0.137), (12.0, 0.131, 0.148), (14.0, 0.135, 0.151), (18.0, 0.132, 0.147),
        (20.0, 0.135, 0.153), (25.0, 0.225, 0.273), (35.0, 0.211, 0.267), (45.0, 0.215, 0.255), (55.0, 0.220, 0.241),
        (65.0, 0.192, 0.235), (75.0, 0.181, 0.217), (85.0, 0.152, 0.194), (100.0, 0.152, 0.194),
    ]
)  # fmt: skip
ADULT_YEARS = 20.0


def _by_sex(table: NDArray, age_years: NDArray, gender: NDArray) -> NDArray[np.float64]:
    male = np.interp(age_years, table[:, 0], table[:, 1])
    female = np.interp(age_years, table[:, 0], table[:, 2])
    return male + (female - male) * gender


def stature(age_years: NDArray, gender: NDArray, z: NDArray) -> NDArray[np.float64]:
    """Stature in metres.

    Args:
        age_years: (N,) years.
        gender: (N,) 0 male .. 1 female.
        z: (N,) standard score within age and sex.
    """
    age_years, gender = np.asarray(age_years, float), np.asarray(gender, float)
    mean = _by_sex(STATURE_CM, age_years, gender) / 100.0
    return mean * (1.0 + _by_sex(STATURE_CV, age_years, gender) * np.asarray(z))


def body_mass(age_years: NDArray, gender: NDArray, z: NDArray) -> NDArray[np.float64]:
    """Body mass in kilograms at the mean stature of that age and sex (scale by (stature / mean)^2 otherwise).

    The tables give medians below 20 years and means above, and so does this log-normal.
    """
    age_years, gender = np.asarray(age_years, float), np.asarray(gender, float)
    centre = _by_sex(MASS_KG, age_years, gender)
    sd = _by_sex(MASS_LOG_SD, age_years, gender)
    adult = np.clip(age_years - ADULT_YEARS, 0.0, 1.0)
    return centre * np.exp(sd * np.asarray(z) - 0.5 * adult * sd**2)
