"""Windows, mel filter banks, log-mel spectrograms and resampling, by torch.stft, SciPy, and the formulas of librosa and torchaudio."""

import math
from functools import partial

import numpy as np
import torch
from scipy.signal import resample_poly
from scipy.special import i0

from format import case

case = partial(case, "feature", differentiate=[])


def waveform(count):
    """A chirp in noise, as 16-bit integers over 2^15: exact in float32."""
    t = torch.arange(count).double() / count
    chirp = 0.5 * torch.sin(2 * math.pi * count * (0.01 * t + 0.2 * t**2)) + 0.02 * torch.randn(count).double()
    return (chirp * 2**15).round().clamp(-(2**15), 2**15 - 1) / 2**15


WINDOWS = {
    "hann": torch.hann_window,
    "hamming": torch.hamming_window,
    "blackman": torch.blackman_window,
    "rectangular": lambda length, dtype: torch.ones(length, dtype=dtype),
}


def hz_to_mel(hz, scale):
    hz = np.asarray(hz, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    return np.where(hz < 1000, 3 * hz / 200, 15 + 27 * np.log(np.maximum(hz, 1e-9) / 1000) / np.log(6.4))


def mel_to_hz(mel, scale):
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(mel < 15, 200 * mel / 3, 1000 * 6.4 ** ((mel - 15) / 27))


def librosa_bank(rate, length, mels, low, high, scale, equal_area):
    """As librosa.filters.mel: differences of corners, ramps, the smaller of the two slopes, Slaney's norm."""
    frequencies = np.fft.rfftfreq(length, 1.0 / rate)
    corners = mel_to_hz(np.linspace(hz_to_mel(low, scale), hz_to_mel(high, scale), mels + 2), scale)
    widths = np.diff(corners)
    ramps = np.subtract.outer(corners, frequencies)
    weights = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]))
    if equal_area:
        weights *= (2.0 / (corners[2:] - corners[:-2]))[:, None]
    return torch.from_numpy(weights)


def torchaudio_bank(rate, length, mels, low, high, scale, equal_area):
    """As torchaudio.functional.melscale_fbanks: columns are filters, with the corners found in torch."""
    frequencies = torch.linspace(0, rate / 2, length // 2 + 1, dtype=torch.float64)
    pitches = torch.linspace(float(hz_to_mel(low, scale)), float(hz_to_mel(high, scale)), mels + 2, dtype=torch.float64)
    corners = torch.from_numpy(mel_to_hz(pitches.numpy(), scale))
    slopes = corners[None] - frequencies[:, None]
    down = -slopes[:, :-2] / (corners[1:-1] - corners[:-2])
    up = slopes[:, 2:] / (corners[2:] - corners[1:-1])
    bank = torch.minimum(down, up).clamp(min=0)
    if equal_area:
        bank = bank * (2.0 / (corners[2:] - corners[:-2]))
    return bank.T.contiguous()


BANKS = [
    (8000, 256, 12, 0, 4000, "slaney", True, librosa_bank),
    (16000, 512, 10, 20, 7600, "slaney", False, librosa_bank),
    (16000, 256, 8, 0, 8000, "htk", False, torchaudio_bank),
    (22050, 256, 9, 50, 11025, "htk", True, torchaudio_bank),
]


def windows():
    for name, make in WINDOWS.items():
        for length in (1, 2, 7, 16):
            yield case("window", f"window {name} {length}", lambda make=make, length=length: make(length, dtype=torch.float64),
                       attributes={"window": name, "length": length})


def banks():
    for rate, length, mels, low, high, scale, equal_area, bank in BANKS:
        yield case("melFilterBank", f"melFilterBank {rate} {length} {scale} equalArea={equal_area}",
                   lambda args=(rate, length, mels, low, high, scale, equal_area), bank=bank: bank(*args),
                   attributes={"sampleRate": rate, "fftLength": length, "mels": mels, "minHz": low, "maxHz": high,
                               "scale": scale, "equalArea": equal_area})


def spectrograms():
    for bank, window, window_length, hop, edges, floor in (
        (BANKS[0], "hann", 200, 80, "none", 1e-10),
        (BANKS[1], "hamming", 401, 160, "zeros", 1e-6),
        (BANKS[2], "blackman", 256, 100, "reflect", 1e-3),
        (BANKS[3], "rectangular", 129, 64, "reflect", 1e-10),
    ):
        rate, length, mels, low, high, scale, equal_area, make = bank

        def log_mel(x, make=make, args=bank[:7], window=window, window_length=window_length, hop=hop, edges=edges,
                    floor=floor, length=length):
            spectrum = torch.stft(x, length, hop, window_length, WINDOWS[window](window_length, dtype=torch.float64),
                                  center=edges != "none", pad_mode="reflect" if edges == "reflect" else "constant",
                                  return_complex=True)
            return torch.log(torch.clamp(make(*args) @ spectrum.abs().square(), min=floor))

        yield case("logMel", f"logMel {rate} {window} {edges}", log_mel, {"x": waveform(700)},
                   attributes={"sampleRate": rate, "fftLength": length, "mels": mels, "minHz": low, "maxHz": high,
                               "scale": scale, "equalArea": equal_area, "window": window,
                               "windowLength": window_length, "hopLength": hop, "edges": edges, "floor": floor})


def resampled(x, origin, target, zeros, rolloff, beta):
    """scipy.signal.resample_poly with the taps of a windowed sinc: upsampled with zeros, filtered, decimated."""
    divisor = math.gcd(origin, target)
    up, down = target // divisor, origin // divisor
    cutoff = rolloff * min(1, target / origin)
    reach = math.ceil(zeros / cutoff) * up
    t = cutoff * np.arange(-reach, reach + 1) / up
    taps = cutoff * np.sinc(t) * i0(beta * np.sqrt(np.maximum(0, 1 - (t / zeros) ** 2))) / i0(beta)
    taps[np.abs(t) >= zeros] = 0
    # SciPy multiplies the taps by `up`.
    return torch.from_numpy(resample_poly(x.numpy(), up, down, window=taps / up))


def resamplings():
    for origin, target, zeros, rolloff, beta in (
        (8000, 16000, 64, 0.95, 9.62),
        (16000, 8000, 64, 0.95, 9.62),
        (44100, 16000, 16, 0.9, 6.0),
        (8000, 11025, 8, 1.0, 0.0),
    ):
        yield case("resample", f"resample {origin} to {target}",
                   partial(resampled, origin=origin, target=target, zeros=zeros, rolloff=rolloff, beta=beta),
                   {"x": waveform(300)},
                   attributes={"from": origin, "to": target, "zeros": zeros, "rolloff": rolloff, "beta": beta})


def cases():
    return [*windows(), *banks(), *spectrograms(), *resamplings()]
