import type { ArrayDataset } from '@pnn/nn';
import type { DatasetEntry } from '../../dataset-entry.js';
import type { FileSource } from '../../file-source.js';
import type { DatasetSplits } from '../../splits.js';
import { CIFAR_SHAPE, type Publication, readSplit } from './records.js';

const coarse = [
  'aquatic mammals',
  'fish',
  'flowers',
  'food containers',
  'fruit and vegetables',
  'household electrical devices',
  'household furniture',
  'insects',
  'large carnivores',
  'large man-made outdoor things',
  'large natural outdoor scenes',
  'large omnivores and herbivores',
  'medium-sized mammals',
  'non-insect invertebrates',
  'people',
  'reptiles',
  'small mammals',
  'trees',
  'vehicles 1',
  'vehicles 2',
];

const fine =
  'apple,aquarium fish,baby,bear,beaver,bed,bee,beetle,bicycle,bottle,bowl,boy,bridge,bus,butterfly,camel,can,castle,caterpillar,cattle,chair,chimpanzee,clock,cloud,cockroach,couch,crab,crocodile,cup,dinosaur,dolphin,elephant,flatfish,forest,fox,girl,hamster,house,kangaroo,keyboard,lamp,lawn mower,leopard,lion,lizard,lobster,man,maple tree,motorcycle,mountain,mouse,mushroom,oak tree,orange,orchid,otter,palm tree,pear,pickup truck,pine tree,plain,plate,poppy,porcupine,possum,rabbit,raccoon,ray,road,rocket,rose,sea,seal,shark,shrew,skunk,skyscraper,snail,snake,spider,squirrel,streetcar,sunflower,sweet pepper,table,tank,telephone,television,tiger,tractor,train,trout,tulip,turtle,wardrobe,whale,willow tree,wolf,woman,worm'.split(
    ',',
  );

/** The two labels of a CIFAR-100 image, in their order in a record: one of 20 groups, and one of 100 things. */
export const cifar100Labels = ['coarse', 'fine'] as const;

/** Options of `cifar100`. */
export interface Cifar100Options {
  /**
   * Whether the 100 things are told apart, or their 20 groups.
   *
   * @default 'fine'
   */
  readonly labels?: (typeof cifar100Labels)[number];
}

const publication: Publication = {
  name: 'cifar100',
  labels: [coarse, fine],
  recordsOfFirstFile: 50_000,
  maxBytes: 256 * 2 ** 20,
  folder: 'cifar-100-binary',
  files: 'train.bin and test.bin of the binary version of CIFAR-100, https://www.cs.toronto.edu/~kriz/cifar.html',
};

/**
 * CIFAR-100, 50,000 and 10,000 color images of a hundred things in twenty groups, 3x32x32, channels red, green, blue
 * (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).
 *
 * @param source holds `train.bin` and `test.bin` of the binary version, itself or in `cifar-100-binary`
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is not made of whole records with labels from 0 to 19 and 0 to 99
 */
export async function cifar100(
  source: FileSource,
  { labels = 'fine' }: Cifar100Options = {},
): Promise<DatasetSplits<ArrayDataset>> {
  const place = cifar100Labels.indexOf(labels);
  const name = labels === 'fine' ? 'cifar100' : 'cifar100, coarse';
  const train = await readSplit(publication, source, ['train.bin'], place);
  return { name, train, test: await readSplit(publication, source, ['test.bin'], place) };
}

/** {@link cifar100} by name. */
export const cifar100Dataset: DatasetEntry = {
  name: 'cifar100',
  summary: '60,000 color images of a hundred things, 32x32',
  inputShape: CIFAR_SHAPE,
  files: publication.files,
  published: [
    {
      name: 'cifar-100-binary.tar.gz',
      addresses: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
      bytes: 168_513_733,
      // As the checksums of TensorFlow Datasets have it.
      sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
      archive: { format: 'tar.gz', maxBytes: 200_000_000 },
    },
  ],
  options: {
    labels: { value: 'NAME', description: 'fine (default) or coarse', choices: cifar100Labels },
  },
  load: (source, _, { labels }) => cifar100(source, labels === 'coarse' ? { labels } : {}),
};
