"""Stature and body mass by age and sex, from published tables.

Sources:
    0-2 years: WHO Child Growth Standards 2006, length-for-age and weight-for-age, medians.
    2-20 years: CDC/NCHS growth charts 2000, stature-for-age and weight-for-age, 50th percentiles at each birthday.
    20+ years: Fryar et al. 2021, Anthropometric Reference Data for Children and Adults: United States, 2015-2018,
        Vital Health Stat 3(46). Body mass: means by sex and ten years of age. Stature: the report's means over all adults
        (175.3 and 161.3 cm) with the usual loss of height with age; the single decades are rounded, not transcribed.
    Spread: CDC 2000 LMS coefficients of variation for children, rounded; adults about 7.3 and 6.8 cm, and a log-normal
        body mass, by the percentiles of the same reports (rounded).

The children's medians and men's body mass were entered without the publications at hand; compare them with the tables
before quoting them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Columns: age in years, boys/men, girls/women. Stature in cm.
STATURE_CM = np.array(
    [
        (0.0, 49.9, 49.1), (0.25, 61.4, 59.8), (0.5, 67.6, 65.7), (0.75, 72.0, 70.1), (1.0, 75.7, 74.0),
        (1.5, 82.3, 80.7), (2.0, 87.1, 85.7), (3.0, 95.3, 94.2), (4.0, 102.5, 101.0), (5.0, 109.2, 107.9),
        (6.0, 115.7, 115.0), (7.0, 122.0, 121.8), (8.0, 128.1, 127.8), (9.0, 133.7, 133.1), (10.0, 138.8, 138.2),
        (11.0, 143.7, 144.0), (12.0, 149.3, 151.2), (13.0, 156.4, 157.2), (14.0, 164.1, 160.4), (15.0, 170.1, 162.0),
        (16.0, 173.6, 162.6), (17.0, 175.3, 162.9), (18.0, 176.1, 163.1), (19.0, 176.6, 163.2), (20.0, 176.8, 163.3),
        (25.0, 176.0, 162.3), (35.0, 176.1, 162.4), (45.0, 175.9, 162.2), (55.0, 175.6, 161.5), (65.0, 174.4, 160.5),
        (75.0, 172.9, 158.6), (85.0, 170.3, 155.6), (100.0, 168.5, 153.5),
    ]
)  # fmt: skip
MASS_KG = np.array(
    [
        (0.0, 3.35, 3.23), (0.25, 6.4, 5.8), (0.5, 7.9, 7.3), (0.75, 8.9, 8.2), (1.0, 9.6, 8.9),
        (1.5, 10.9, 10.2), (2.0, 12.5, 11.9), (3.0, 14.4, 13.9), (4.0, 16.3, 15.9), (5.0, 18.4, 18.0),
        (6.0, 20.7, 20.3), (7.0, 23.1, 22.9), (8.0, 25.6, 25.8), (9.0, 28.6, 29.1), (10.0, 32.1, 33.0),
        (11.0, 36.1, 37.4), (12.0, 40.7, 41.8), (13.0, 45.8, 46.1), (14.0, 51.2, 49.4), (15.0, 56.5, 52.1),
        (16.0, 61.1, 53.9), (17.0, 64.7, 55.2), (18.0, 67.3, 56.2), (19.0, 69.2, 57.2), (20.0, 70.6, 58.2),
        (25.0, 85.5, 74.8), (35.0, 94.4, 79.3), (45.0, 93.8, 80.8), (55.0, 91.9, 78.7), (65.0, 91.3, 78.2),
        (75.0, 87.7, 74.6), (85.0, 80.5, 67.9), (100.0, 76.0, 63.5),
    ]
)  # fmt: skip
# Relative standard deviation of stature and log-standard-deviation of body mass by age.
STATURE_CV = np.array(
    [(0.0, 0.038), (1.0, 0.034), (5.0, 0.043), (10.0, 0.047), (13.0, 0.049), (17.0, 0.041), (20.0, 0.041),
     (100.0, 0.042)]
)  # fmt: skip
MASS_LOG_SD = np.array(
    [(0.0, 0.13), (1.0, 0.11), (5.0, 0.13), (10.0, 0.18), (15.0, 0.18), (20.0, 0.20), (25.0, 0.23), (50.0, 0.22),
     (80.0, 0.19), (100.0, 0.18)]
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
    return mean * (1.0 + np.interp(age_years, STATURE_CV[:, 0], STATURE_CV[:, 1]) * np.asarray(z))


def body_mass(age_years: NDArray, gender: NDArray, z: NDArray) -> NDArray[np.float64]:
    """Body mass in kilograms at the mean stature of that age and sex (scale by (stature / mean)^2 otherwise).

    The tables give medians below 20 years and means above, and so does this log-normal.
    """
    age_years, gender = np.asarray(age_years, float), np.asarray(gender, float)
    centre = _by_sex(MASS_KG, age_years, gender)
    sd = np.interp(age_years, MASS_LOG_SD[:, 0], MASS_LOG_SD[:, 1])
    adult = np.clip(age_years - ADULT_YEARS, 0.0, 1.0)
    return centre * np.exp(sd * np.asarray(z) - 0.5 * adult * sd**2)
