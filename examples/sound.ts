// Sound as images: recordings in WAV files become log-mel spectrograms, which a network of polynomials tells apart. The recordings
// are made up here: tones that rise, fall or stay, at any pitch, in noise.
//   npx tsx examples/sound.ts
import { dataLoaders, decodeWav, encodeWav, LogMel, mixToMono, resample } from '@pnn/data';
import { spectrogramCnn } from '@pnn/models';
import { AdamW, ArrayDataset, backgroundNoise, Generator, randomTimeShift, setSeed, specAugment } from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

const RATE = 8000;
const classes = ['rising', 'falling', 'steady'];
const logMel = new LogMel({ sampleRate: RATE, windowLength: 256, hopLength: 128, mels: 24, floor: 1e-5 });
const FRAMES = 32;
const LENGTH = 256 + (FRAMES - 1) * 128;

/** A WAV file of half a second at 16 kHz, as somebody may have recorded it. */
function recording(label: number, generator: Generator): Uint8Array {
  const slope = [4, -4, 0][label]!;
  const pitch = 400 + 1200 * generator.uniform();
  const samples = new Float32Array(2 * LENGTH);
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    phase += (2 * Math.PI * pitch * (1 + slope * (i / samples.length - 0.5) * 0.2)) / (2 * RATE);
    samples[i] = 0.3 * Math.sin(phase) + 0.02 * generator.normal();
  }
  return encodeWav({ sampleRate: 2 * RATE, channels: [samples] }, 'pcm16');
}

function recordings(count: number, stream: string): ArrayDataset {
  const generator = new Generator(1, stream);
  const labels = Int32Array.from({ length: count }, () => generator.integer(classes.length));
  const size = logMel.mels * FRAMES;
  const inputs = new Float32Array(count * size);
  for (const [i, label] of labels.entries()) {
    const sound = decodeWav(recording(label, generator), `${stream}/${i}.wav`);
    const samples = resample(mixToMono(sound), sound.sampleRate, RATE);
    logMel.compute(samples, inputs.subarray(i * size, (i + 1) * size));
  }
  return new ArrayDataset({ inputs, inputShape: [1, logMel.mels, FRAMES], labels, classes });
}

/** Three seconds of hiss, as a spectrogram. */
const noise = new Generator(2, 'hiss');
const hiss = logMel.compute(Float32Array.from({ length: 3 * RATE }, () => 0.1 * noise.normal()));

setSeed(3);
const { train, test } = dataLoaders(
  {
    name: 'tones',
    train: recordings(480, 'train'),
    test: recordings(150, 'test'),
    augmentation: [
      randomTimeShift(4, logMel.silence),
      backgroundNoise([hiss], { probability: 0.5, values: 'log-power' }),
      specAugment({ frequencyWidth: 3, timeWidth: 4 }),
    ],
  },
  { batchSize: 32 },
);
const activation = () => new PolynomialActivation({ target: 'relu', degree: 4, bound: 8, alpha: 0.8 });
const shape = { channels: 1, bands: logMel.mels, frames: FRAMES };
const network = spectrogramCnn({ ...shape, classes: classes.length, filters: [8, 16], activation });
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 10 });

for await (const { epoch, trainLoss, validationMetrics } of trainer.fit(train, { epochs: 12, validation: test })) {
  const accuracy = 100 * validationMetrics!.accuracy!;
  console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}, test accuracy ${accuracy.toFixed(1)}%`);
}
